import { gzipSync } from "node:zlib";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { servers } from "#db/schema/servers.ts";
import { findServerById } from "#db/servers.ts";
import { appendStream } from "#db/stream.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Mode, type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const page = '<!doctype html><html lang="en"><head data-x="1"><meta charset="utf-8"></head><body>Lab</body></html>';
const opening = {
  accept: "text/html",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "accept-encoding": "gzip",
};
const modes: Mode[] = ["path", "subdomain"];

describe.each(modes)("the notice in JupyterLab, in %s mode", (mode) => {
  let portal: Portal;
  let ana: string;
  let id: string;
  /** What the server's last page request carried, and what it answers. */
  let asked: Record<string, unknown>;
  let answer: { headers: Record<string, string>; body: string | Buffer };

  beforeEach(async () => {
    portal = await startPortal({ mode, config: { cull: { enabled: true } } });
    await portal.addUsers("ana", "bob");
    ana = await portal.signIn("ana");
    id = await portal.startServer(ana, "ana");
    answer = { headers: { "content-type": "text/html; charset=UTF-8" }, body: page };
    const app = portal.spawner.runs.get(id)?.app;
    if (app == null) throw new Error("the server doesn't run");
    app.answer = (request, response) => {
      asked = request.headers;
      response.writeHead(200, { "content-length": String(Buffer.byteLength(answer.body)), ...answer.headers });
      response.end(answer.body);
    };
  });
  afterEach(() => portal.stop());

  async function announce(stopAt: Date | null): Promise<void> {
    const { db } = portal.hub;
    await inTransaction(db, async (tx) => {
      await tx
        .update(servers)
        .set({ stopAt, stopWhy: stopAt === null ? null : "idle" })
        .where(eq(servers.id, id));
      await appendStream(tx, [{ type: "server", serverId: id }]);
    });
  }

  test("a page of Jupyter's own gets one script of its own origin, and its whole self besides", async () => {
    const place = await portal.enter(ana, "ana");
    const got = await portal.get(place, "/user/ana/lab/tree/a.ipynb?reset", opening);
    const script = '<script defer src="/user/ana/_berth/notice.js"></script>';
    expect(got.text).toBe(page.replace('<head data-x="1">', `<head data-x="1">${script}`));
    expect(asked["accept-encoding"]).toBeUndefined();
    const js = await portal.get(place, "/user/ana/_berth/notice.js");
    expect([js.status, js.headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(() => new Function(js.text)).not.toThrow();
  });

  test("nothing else is touched: files, programs' requests, what is compressed, a download, a page without a head", async () => {
    const place = await portal.enter(ana, "ana");
    const same = async (path: string, headers: Record<string, string> = opening) => {
      const got = await portal.get(place, path, headers);
      expect([got.text, got.headers["content-length"]]).toEqual([answer.body, String(answer.body.length)]);
    };
    await same("/user/ana/files/mine.html");
    await same("/user/ana/lab", { accept: "text/html" });
    await same("/user/ana/lab", { ...opening, "sec-fetch-dest": "iframe" });
    answer = { headers: { "content-type": "text/html", "content-disposition": "attachment" }, body: page };
    await same("/user/ana/lab");
    answer = { headers: { "content-type": "application/json" }, body: '{"a":"<head>"}' };
    await same("/user/ana/lab");
    answer = { headers: { "content-type": "text/html" }, body: "<p>no head</p>" };
    expect((await portal.get(place, "/user/ana/lab", opening)).text).toBe(answer.body);
    const zipped = gzipSync(page);
    answer = { headers: { "content-type": "text/html", "content-encoding": "gzip" }, body: zipped };
    expect((await portal.get(place, "/user/ana/lab", opening)).headers["content-length"]).toBe(String(zipped.length));
  });

  test("it says when the server stops, and an hour more is one click away; then it says nothing", async () => {
    const place = await portal.enter(ana, "ana");
    const notice = async () =>
      (await portal.get(place, "/user/ana/_berth/notice")).json() as { stop: { inSeconds: number } | null };
    expect(await notice()).toEqual({ stop: null, access: [] });
    await announce(new Date(Date.now() + 300_000));
    const { stop } = await until(
      async () => ((await notice()).stop === null ? null : await notice()),
      "the announcement",
    );
    expect(stop).toMatchObject({ canExtend: true, message: "Nobody has used this server for a while." });
    expect(stop?.inSeconds).toBeGreaterThan(280);
    const foreign = await portal.ask("/user/ana/_berth/extend", {
      method: "POST",
      host: place.host,
      headers: { cookie: place.cookie, origin: "https://elsewhere.test" },
    });
    expect(foreign.status).toBe(403);
    const headers = { cookie: place.cookie, origin: place.origin };
    const extended = await portal.ask("/user/ana/_berth/extend", { method: "POST", host: place.host, headers });
    expect([extended.status, extended.json()]).toEqual([200, { ok: true }]);
    await until(async () => (await notice()).stop === null, "the announcement to be off");
    const row = (await findServerById(portal.hub.db, id))?.server;
    expect(row?.keepUntil?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  });

  test("nobody else hears of it or extends it", async () => {
    const bob = await portal.signIn("bob");
    const place = await portal.enter(ana, "ana");
    const foreign = { host: place.host, headers: { cookie: bob } };
    expect((await portal.ask("/user/ana/_berth/notice", foreign)).status).not.toBe(200);
    const post = { ...foreign, method: "POST", headers: { cookie: bob, origin: place.origin } };
    expect((await portal.ask("/user/ana/_berth/extend", post)).status).not.toBe(200);
    expect((await findServerById(portal.hub.db, id))?.server.keepUntil).toBeNull();
  });
});
