import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { recordBackendView } from "#db/backend-view.ts";
import { acquireLease } from "#db/leases.ts";
import type { StreamLine } from "#server/internal/messages.ts";
import { StreamSource } from "#server/internal/stream-source.ts";
import { createLog } from "#server/log.ts";
import { leaseName } from "#server/spawner/lease.ts";
import { freshDatabase } from "#tests/database.ts";
import { ask, type RigOptions, routeTo, startRig, until } from "#tests/edge-rig.ts";
import type { Line } from "#tests/fakes/portal-client.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { ShiftedClock } from "#tests/shifted-clock.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const since = Date.parse("2027-03-01T08:00:00Z");

async function startedRig(options: RigOptions) {
  const rig = await startRig(options);
  closers.push(() => rig.close());
  const held: ServerResponse[] = [];
  const target = await rig.serve((request, response) => {
    if (request.url?.endsWith("/hold") === true) held.push(response);
    else response.end("fine");
  });
  rig.hub.snapshot = { ...rig.hub.snapshot, routes: [routeTo(target)] };
  rig.hub.send({ type: "route", route: routeTo(target) });
  const cookie = `Cookie: ${await rig.cookieOf("ana")}`;
  const get = (...headers: string[]) =>
    ask(rig.port, "/user/ana/api", { host: rig.host, headers: [cookie, ...headers] });
  await until(async () => (await get()).status === 200);
  return { rig, held, cookie, get };
}

describe("S-60: an edge whose hub has lost sight of what runs", () => {
  test("with `refuse` answers new requests and upgrades with 503, in words or JSON, and lets what is open go on", async () => {
    const { rig, held, cookie, get } = await startedRig({ staleRoutes: "refuse" });
    const open = connect(rig.port, "127.0.0.1");
    let text = "";
    open.on("data", (chunk) => {
      text += String(chunk);
    });
    open.write(`GET /user/ana/hold HTTP/1.1\r\nHost: ${rig.host}\r\n${cookie}\r\n\r\n`);
    await until(() => held.length === 1);
    held[0]?.write("first half, ");
    await until(() => text.includes("first half"));

    rig.hub.write({ type: "view", staleSince: since });
    await until(async () => (await get()).status === 503);
    const json = await get();
    expect(JSON.parse(json.body)).toMatchObject({ status: 503, code: "stale-routes" });
    expect(json.headers.get("retry-after")).toEqual(["5"]);
    const page = await ask(rig.port, "/user/ana/lab", { host: rig.host, headers: [cookie, "Accept: text/html"] });
    expect(page.status).toBe(503);
    expect(page.body).toContain("Servers can&#39;t be opened right now");
    const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", `Origin: ${rig.origin}`];
    const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    const lines = [cookie, key, ...upgrade];
    expect((await ask(rig.port, "/user/ana/ws", { host: rig.host, headers: lines })).status).toBe(503);
    expect(rig.edge.ready(), "the portal itself is of use").toBe(true);

    held[0]?.end("second half");
    await until(() => text.includes("second half"));
    open.destroy();
    rig.hub.write({ type: "view", staleSince: null });
    await until(async () => (await get()).status === 200);
  });

  test("with `serve` goes on as before", async () => {
    const { rig, get } = await startedRig({ staleRoutes: "serve" });
    rig.hub.write({ type: "view", staleSince: since });
    rig.hub.send({ type: "removed", serverId: "somebody-else" });
    for (let round = 0; round < 10; round++) expect((await get()).status).toBe(200);
  });

  test("hears of it in the snapshot too, and of its end", async () => {
    const { rig, get } = await startedRig({ staleRoutes: "refuse" });
    rig.hub.snapshot = { ...rig.hub.snapshot, staleSince: since };
    rig.hub.cut();
    await until(() => rig.hub.streamsOpened === 2 && rig.edge.ready());
    await until(async () => (await get()).status === 503);
    rig.hub.snapshot = { ...rig.hub.snapshot, staleSince: null };
    rig.hub.cut();
    await until(async () => (await get()).status === 200);
  });
});

async function startedPortal(staleRoutes: "serve" | "refuse") {
  const portal = await startPortal({ config: { edge: { staleRoutes } } });
  closers.push(() => portal.stop());
  await portal.addUsers("ana");
  const cookie = await portal.signIn("ana");
  const id = await portal.startServer(cookie, "ana");
  const status = async (at: Portal) => (await at.ask("/user/ana/api", { headers: { cookie } })).status;
  return { portal, cookie, id, status };
}

async function expectEcho(line: Line, word: string): Promise<void> {
  line.say(word);
  await until(() => line.heard.some((heard) => heard.endsWith(`: ${word}`)));
}

describe("S-60: from the watch to every edge", () => {
  test("a pod's end that nobody hears of lets no request reach whoever has its address next", async () => {
    const { portal, cookie, id, status } = await startedPortal("refuse");
    const line = await portal.webSocket({ host: portal.url.host, origin: portal.url.origin, cookie }, "/user/ana/ws");
    portal.spawner.setStale(new Date(since));
    await until(async () => (await status(portal)) === 503);
    await expectEcho(line, "still here");
    // The pod goes, its address is another's, and the event is lost.
    const next = portal.spawner.detachApp(id);
    closers.push(async () => next.close());
    const before = next.seen.length;
    for (let n = 0; n < 30; n++) expect(await status(portal)).toBe(503);
    expect(next.seen).toHaveLength(before);
    portal.spawner.setStale(null);
    await until(async () => (await status(portal)) === 200);
  });

  test("an edge of another hub, which doesn't lead, hears of it as well; so does one that comes later", async () => {
    const { portal, status } = await startedPortal("refuse");
    const beside = await startPortal({ beside: portal, config: { edge: { staleRoutes: "refuse" } } });
    closers.push(() => beside.stop());
    expect([portal.hub.reconciler.leading, beside.hub.reconciler.leading]).toEqual([true, false]);
    portal.spawner.setStale(new Date(since));
    await until(async () => (await status(portal)) === 503 && (await status(beside)) === 503);
    await beside.restartEdge();
    expect(await status(beside)).toBe(503);
    await beside.restartHub();
    await until(() => beside.edge.ready());
    expect(await status(beside)).toBe(503);
    portal.spawner.setStale(null);
    await until(async () => (await status(portal)) === 200 && (await status(beside)) === 200);
  });

  test("with `serve` nobody notices", async () => {
    const { portal, status } = await startedPortal("serve");
    portal.spawner.setStale(new Date(since));
    await until(() => portal.hub.reconciler.staleSince !== null);
    for (let n = 0; n < 10; n++) expect(await status(portal)).toBe(200);
  });

  test("a hub that comes back while its backend can't be asked opens nothing until it could", async () => {
    const { portal, status } = await startedPortal("refuse");
    await portal.stopHub();
    portal.spawner.unreachable = true;
    await portal.startHub();
    await until(async () => portal.hub.reconciler.leading && (await status(portal)) === 503);
    expect(portal.hub.reconciler.staleSince).not.toBeNull();
  });
});

describe("what a hub tells of the view", () => {
  async function source() {
    const database = await freshDatabase();
    closers.push(() => database.drop());
    const clock = new ShiftedClock();
    const stream = new StreamSource(database.db, clock, createLog("test", "silent"));
    const told: (number | null)[] = [];
    const note = (line: StreamLine) => {
      if (line.type === "snapshot" || line.type === "view") told.push(line.staleSince);
    };
    return { database, clock, stream, told, note };
  }

  test("is old once nobody has led for a while", async () => {
    const { database, stream, told, note } = await source();
    const lease = await acquireLease(database.db, leaseName, "one", 10);
    await recordBackendView(database.db, lease?.epoch ?? 0, null);
    await stream.subscribe(note);
    await database.pool.query("update leases set expires_at = now() - interval '14 seconds'");
    await stream.lookAtView();
    expect(told).toEqual([null]);
    await database.pool.query("update leases set expires_at = now() - interval '1 minute'");
    await stream.lookAtView();
    expect(told[1]).toBeLessThan(Date.now() - 50_000);
  });

  test("is what the hub that leads says, and never what one says that has lost the lease", async () => {
    const { database, stream, told, note } = await source();
    const first = await acquireLease(database.db, leaseName, "one", -1);
    const second = await acquireLease(database.db, leaseName, "two", 10);
    await recordBackendView(database.db, second?.epoch ?? 0, new Date(since));
    await recordBackendView(database.db, first?.epoch ?? 0, null);
    await stream.subscribe(note);
    expect(told).toEqual([since]);
  });

  test("is old when the database hasn't answered for a while: no route could be taken back", async () => {
    const { database, clock, stream, told, note } = await source();
    await acquireLease(database.db, leaseName, "one", 3600);
    await stream.subscribe(note);
    await database.pool.query("alter table leases rename to away");
    await stream.lookAtView();
    clock.advance(10);
    await stream.lookAtView();
    expect(told).toEqual([null]);
    clock.advance(10);
    await stream.lookAtView();
    expect(told).toHaveLength(2);
    await database.pool.query("alter table away rename to leases");
    await stream.lookAtView();
    expect(told[2]).toBeNull();
  });
});
