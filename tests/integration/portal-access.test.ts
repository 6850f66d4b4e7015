import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "#tests/fakes/hub-under-test.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Mode, type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { procedures } from "./procedure-table.ts";

describe.each<Mode>(["path", "subdomain"])("somebody else's server in %s mode", (mode) => {
  let portal: Portal;
  let admin: string;
  let ana: string;
  const reason = "she asked me to look at her kernel";
  const open = (cookie: string, why = reason) => portal.mutate(cookie, "servers.open", { user: "ana", reason: why });
  const status = async (cookie: string) =>
    await portal.enter(cookie, "ana").then(
      async (place) => (await portal.get(place, "/user/ana/api")).status,
      () => 404,
    );

  beforeAll(async () => {
    portal = await startPortal({ mode, config: { hub: { trustedUsers: mode === "path" } } });
    await portal.addUsers("ana", "bob");
    await portal.addAdmin("root");
    [ana, admin] = [await portal.signIn("ana"), await portal.signIn("root")];
    await portal.startServer(ana, "ana");
  });
  afterAll(() => portal.stop());

  test("an admin gets in only with a reason, which is on record, and not for longer than an hour", async () => {
    expect(await status(admin), "the role alone opens nothing").toBe(404);
    for (const why of ["", "    ", "look"]) expect((await open(admin, why)).code, why).toBe("invalid");
    expect(await status(admin)).toBe(404);
    const opened = await open(admin);
    const { url, until: end } = opened.data as { url: string; until: Date };
    const way = new URL(url);
    expect([way.pathname, way.searchParams.get("next")]).toEqual(["/hub/enter", "/user/ana/"]);
    expect(end.getTime() - portal.clock.now().getTime()).toBeLessThanOrEqual(3_600_000);
    await until(async () => (await status(admin)) === 200, "the way in");
    const { rows } = await portal.hub.db.execute(
      "select actor_name, detail->>'reason' as reason, detail->>'user' as owner from audit where action = 'server.open'",
    );
    expect(rows).toEqual([{ actor_name: "root", reason, owner: "ana" }]);
    const place = await portal.enter(admin, "ana");
    const line = await portal.webSocket(place, "/user/ana/ws");
    line.say("hello");
    await until(async () => line.heard.includes("ana: hello"), "the echo");
    expect((await portal.get(place, "/user/ana/api")).text).not.toContain(place.cookie.split("=")[1]);
    portal.clock.advance(3601);
    await until(async () => line.closedWith?.code === 4401 && (await status(admin)) === 404, "the end");
    expect(await status(ana)).toBe(200);
  });

  test("S-91: while it is open both are told, in the server itself and on record, and its way in is good for nothing else", async () => {
    await open(admin);
    await until(async () => (await status(admin)) === 200, "the way in");
    const told = async (cookie: string) => {
      const got = await portal.get(await portal.enter(cookie, "ana"), "/user/ana/_berth/notice");
      return (got.json() as { access: string[] }).access;
    };
    expect(await told(admin)).toEqual([
      "You are in the server of ana, who is told so. Your access ends by itself in 60 min.",
    ]);
    expect(await told(ana)).toEqual([`root may be in this server for another 60 min: “${reason}”`]);
    const history = await portal.query(ana, "me.accessHistory", {});
    expect(history.data).toMatchObject([{ by: "root", serverName: "", reason }, {}]);
    const place = await portal.enter(admin, "ana");
    if (mode === "subdomain") {
      // The cookie of that origin opens that server, and nothing of the portal: no token can be made in ana's name with it.
      const headers = { cookie: place.cookie, origin: portal.url.origin, "sec-fetch-site": "same-origin" };
      const made = await portal.mutateWith(headers, "tokens.create", { user: "ana", note: "", scopes: null });
      expect(made.code).toBe("unauthenticated");
    }
    portal.clock.advance(3601);
    await until(async () => (await status(admin)) === 404, "the end");
    expect(await told(ana)).toEqual([]);
  });

  test("nobody without the scope gets in, whatever reason they give; nor an admin's token", async () => {
    const bob = await portal.signIn("bob");
    expect((await open(bob)).code).toBe("forbidden");
    expect((await open(ana)).code).toBe("forbidden");
    const made = await portal.mutate(admin, "tokens.create", { note: "", expiresInSeconds: null, scopes: null });
    const { token } = made.data as { token: string };
    const byToken = await portal.mutateWith({ authorization: `token ${token}` }, "servers.open", {
      user: "ana",
      reason,
    });
    expect(byToken.code).toBe("forbidden");
    const place = await portal.enter(ana, "ana");
    const asked = await portal.ask("/user/ana/api", { host: place.host, headers: { authorization: `token ${token}` } });
    expect(asked.status).toBe(404);
    expect([await status(bob), await status(admin)]).toEqual([404, 404]);
  });
});

test("in path mode another's server opens only where all users trust each other", async () => {
  const portal = await startPortal();
  await portal.addUsers("ana");
  await portal.addAdmin("root");
  await portal.startServer(await portal.signIn("ana"), "ana");
  const before = await allRows(portal.hub.db);
  const opened = await portal.mutate(await portal.signIn("root"), "servers.open", {
    user: "ana",
    reason: "to look around",
  });
  expect(opened.code).toBe("forbidden");
  expect(opened.message).toContain("hub.subdomainHost");
  expect((await allRows(portal.hub.db)).access_grants).toEqual(before.access_grants);
  await portal.stop();
});

describe("S-04: behind https", () => {
  let portal: Portal;
  let ana: string;
  let id: string;
  beforeAll(async () => {
    portal = await startPortal({ mode: "https" });
    await portal.addUsers("ana");
    ana = await portal.signIn("ana");
    id = await portal.startServer(ana, "ana");
  });
  afterAll(() => portal.stop());

  test("every cookie any address of hub or edge sets is __Host-, Secure, HttpOnly, SameSite, without Domain", async () => {
    const page = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const paths = [
      ...Object.keys(procedures).map(
        (name) => `/api/trpc/${name}?input=${encodeURIComponent('{"json":{"user":"ana","name":""}}')}`,
      ),
      ...[
        "/hub/api",
        "/hub/api/user",
        "/hub/health",
        "/hub/live",
        "/hub/metrics",
        "/hub/home",
        "/user/ana/",
        "/user/ana",
      ],
      ...["/user/nobody/", "/edge/health", "/", `/hub/enter?server=${id}`, "/hub/enter?server=x", "/hub/logout"],
    ];
    const away = new URL(
      (await portal.ask(`/hub/enter?server=${id}`, { headers: { cookie: ana } })).headers.location ?? "",
    );
    const given: string[] = [];
    for (const method of ["GET", "POST"])
      for (const cookie of [ana, ""])
        for (const host of [portal.url.host, away.host])
          for (const path of [...paths, `${away.pathname}${away.search}`, "/.berth/enter?code=x"])
            given.push(...(await portal.ask(path, { method, host, headers: { cookie, ...page } })).setCookies);
    // One good code was among them, so there is something to look at.
    expect(given).toHaveLength(1);
    for (const cookie of given) {
      const [pair = "", ...attributes] = cookie.split("; ");
      expect(pair).toMatch(/^__Host-berth-server-/);
      expect(attributes.toSorted()).toEqual([
        "HttpOnly",
        expect.stringMatching(/^Max-Age=\d+$/),
        "Path=/",
        "SameSite=Lax",
        "Secure",
      ]);
      expect(cookie).not.toContain(ana.split("=")[1]);
    }
  });

  test("a server sees none of the portal's cookies and tokens, and can't set one", async () => {
    const place = await portal.enter(ana, "ana");
    const made = await portal.mutate(ana, "tokens.create", { note: "", expiresInSeconds: null, scopes: null });
    const { token } = made.data as { token: string };
    const app = portal.spawner.appOf(id);
    app.answer = (_request, response) => {
      response.setHeader("set-cookie", [
        "__Host-berth-session=evil; Path=/; Secure",
        "berth-session=evil",
        `__Host-berth-server-${id}=evil; Path=/; Secure`,
        "__Secure-next-auth.session-token=evil; Secure",
        "a=b; Domain=users.test",
        "own=1; Path=/user/ana/",
      ]);
      response.end();
    };
    const all = `own=1; ${ana}; ${place.cookie}; __Secure-next-auth.csrf-token=canary; berth-session=canary`;
    const answer = await portal.get({ ...place, cookie: all }, "/user/ana/api");
    expect(answer.setCookies).toEqual(["own=1; Path=/user/ana/"]);
    await portal.ask("/user/ana/api", { host: place.host, headers: { authorization: `Bearer ${token}` } });
    const line = await portal.webSocket({ ...place, cookie: all }, "/user/ana/ws");
    line.hangUp();
    const seen = JSON.stringify(app.seen);
    for (const secret of [ana.split("=")[1], place.cookie.split("=")[1], token, "canary", "berth-se", "next-auth"])
      expect(seen).not.toContain(secret);
    expect(seen).toContain("own=1");
  });
});
