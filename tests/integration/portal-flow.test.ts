import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createToken } from "#server/tokens/create.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Mode, type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const modes: Mode[] = ["path", "subdomain"];

describe.each(modes)("a portal in %s mode", (mode) => {
  let portal: Portal;
  let ana: string;
  let bob: string;

  beforeAll(async () => {
    portal = await startPortal({ mode });
    await portal.addUsers("ana", "bob");
    [ana, bob] = [await portal.signIn("ana"), await portal.signIn("bob")];
  });
  afterAll(() => portal.stop());

  test("log in, start, work over HTTP and a WebSocket, stop: then the edge says so by itself", async () => {
    const id = await portal.startServer(ana, "ana");
    const place = await portal.enter(ana, "ana");
    const echoed = (await portal.get(place, "/user/ana/api/x?y=%2F")).echoed();
    expect(echoed).toMatchObject({ who: "ana", method: "GET", target: "/user/ana/api/x?y=%2F" });
    const line = await portal.webSocket(place, "/user/ana/api/kernels/1/channels");
    line.say("6*7");
    await until(async () => line.heard.includes("ana: 6*7"), "the echo");

    expect((await portal.mutate(ana, "servers.stop", { user: "ana" })).code).toBeNull();
    await until(async () => line.closedWith !== null, "the end of the WebSocket");
    // The edge's own farewell, or the server's end, whichever comes first.
    expect([1012, 1006]).toContain(line.closedWith?.code);
    const stopped = await until(async () => {
      const answer = await portal.get(place, "/user/ana/api/status");
      return answer.json().code === "server-stopped" ? answer : null;
    }, "the edge's own answer");
    expect(stopped.status).toBe(424);
    const page = await portal.get(place, "/user/ana/lab", { accept: "text/html" });
    expect([page.status, page.headers["content-type"]]).toEqual([424, "text/html; charset=utf-8"]);
    expect(page.text).toContain("Your server is not running");
    expect(page.text).toContain(`${portal.url.origin}/hub/spawn/ana`);
    expect(portal.spawner.runs.has(id)).toBe(false);
  });

  test("a server's own secret reaches it, a new one at every start; the portal's cookie never does (S-04)", async () => {
    const secretOf = async () => {
      const place = await portal.enter(ana, "ana");
      const echoed = (await portal.get(place, "/user/ana/", { cookie: `own=1; ${place.cookie}` })).echoed();
      expect(echoed.valuesOf("cookie")).toEqual(["own=1"]);
      expect(JSON.stringify(echoed)).not.toContain(place.cookie.split("=")[1]);
      return echoed.valuesOf("authorization")[0];
    };
    const id = await portal.startServer(ana, "ana");
    const first = await secretOf();
    expect(first).toMatch(/^token [\w-]{43}$/);
    await portal.mutate(ana, "servers.restart", { user: "ana" });
    await until(async () => (portal.spawner.runs.get(id)?.ref.generation ?? 0) > 1, "the new run");
    await portal.startServer(ana, "ana");
    await until(async () => (await secretOf().catch(() => first)) !== first, "the new secret");
  });

  test("two users cannot reach each other's server, over HTTP or a WebSocket", async () => {
    const anas = await portal.startServer(ana, "ana");
    await portal.startServer(bob, "bob");
    const [atAna, atBob] = [await portal.enter(ana, "ana"), await portal.enter(bob, "bob")];
    const before = portal.spawner.appOf(anas).seen.length;
    const attempts = [
      { host: portal.url.host, cookie: bob },
      { host: atAna.host, cookie: bob },
      { host: atAna.host, cookie: atBob.cookie },
      { host: atBob.host, cookie: atBob.cookie },
    ];
    for (const { host, cookie } of attempts) {
      for (const method of ["GET", "POST", "DELETE"]) {
        const headers = { cookie, origin: atAna.origin };
        const answer = await portal.ask("/user/ana/api", { method, host, headers });
        expect([403, 404], `${method} ${host}`).toContain(answer.status);
      }
      const refused = await portal.tryWebSocket({ host, cookie, origin: atAna.origin }, "/user/ana/ws");
      expect([403, 404]).toContain(refused);
      const page = await portal.ask("/user/ana/lab", { host, headers: { cookie, accept: "text/html" } });
      expect([302, 404]).toContain(page.status);
    }
    expect(portal.spawner.appOf(anas).seen).toHaveLength(before);
    expect((await portal.mutate(bob, "servers.stop", { user: "ana" })).code).toBe("forbidden");
    expect((await portal.query(bob, "servers.get", { user: "ana" })).code).toBe("forbidden");
  });

  test("a code for the way in opens its own server for its own user only, once", async () => {
    if (mode === "path") {
      const answer = await portal.ask("/.berth/enter?code=x", { headers: { cookie: ana } });
      expect(answer.text).toBe("web");
      return;
    }
    const id = await portal.startServer(ana, "ana");
    const asProgram = await portal.ask(`/hub/enter?server=${id}`, { headers: { cookie: bob } });
    expect([asProgram.status, JSON.parse(asProgram.text).code]).toEqual([404, "not-found"]);
    const asPerson = await portal.ask(`/hub/enter?server=${id}`, {
      headers: { cookie: bob, accept: "text/html,*/*;q=0.8" },
    });
    expect([asPerson.status, asPerson.headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
    expect(asPerson.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(asPerson.text).toContain(`There is no such server, or it isn&#39;t yours.`);
    expect(asPerson.text).toMatch(/<a href="\/hub\/home">My servers<\/a>/);
    expect(asPerson.text).toContain(`Request ${asPerson.headers["x-request-id"]}`);
    const sent = await portal.ask(`/hub/enter?server=${id}&next=/user/ana/lab`, { headers: { cookie: ana } });
    const away = new URL(sent.headers.location ?? "");
    const target = `${away.pathname}${away.search}`;
    expect((await portal.ask(target, { host: away.host.replace("ana", "bob") })).setCookies).toEqual([]);
    expect((await portal.ask(target, { host: away.host })).setCookies, "burnt by the wrong origin").toEqual([]);
    const again = new URL(
      (await portal.ask(`/hub/enter?server=${id}&next=/user/ana/lab`, { headers: { cookie: ana } })).headers.location ??
        "",
    );
    const taken = await portal.ask(`${again.pathname}${again.search}`, { host: again.host });
    expect([taken.status, taken.headers.location]).toEqual([302, "/user/ana/lab"]);
    expect((await portal.ask(`${again.pathname}${again.search}`, { host: again.host })).setCookies).toEqual([]);
  });

  test("API tokens open /user/… and /hub/api/…, are never passed on, and count for nothing in a query (S-06)", async () => {
    await portal.startServer(ana, "ana");
    const place = await portal.enter(ana, "ana");
    const made = await portal.mutate(ana, "tokens.create", { note: "script", expiresInSeconds: null, scopes: null });
    const { token } = made.data as { token: string };
    for (const scheme of ["token", "Bearer"]) {
      const authorization = `${scheme} ${token}`;
      const echoed = (await portal.ask("/user/ana/api", { host: place.host, headers: { authorization } })).echoed();
      expect(JSON.stringify(echoed)).not.toContain(token);
      const user = await portal.ask("/hub/api/user", { headers: { authorization } });
      expect(user.json()).toMatchObject({ name: "ana", kind: "user" });
    }
    const posted = await portal.ask("/user/ana/api", {
      method: "POST",
      host: place.host,
      headers: { authorization: `token ${token}` },
      body: "{}",
    });
    expect(posted.status).toBe(200);
    for (const target of [`/user/ana/api?token=${token}`, `/hub/api/user?token=${token}`]) {
      const answer = await portal.ask(target, { host: target.startsWith("/user") ? place.host : portal.url.host });
      expect(answer.status, target).toBe(403);
    }
    const narrow = await createToken(portal.hub.systemContext("test"), {
      user: "ana",
      scopes: ["read:users!user=ana"],
    });
    const headers = { authorization: `token ${narrow.token}` };
    expect((await portal.ask("/user/ana/api", { host: place.host, headers })).status).toBe(404);
  });

  test("S-11: no next= leads off the site at /hub/enter or at the edge's own redirects", async () => {
    const id = await portal.startServer(ana, "ana");
    const hostile = [
      "https://evil.example",
      "//evil.example",
      "///evil.example",
      "/\\evil.example",
      "/%09/evil.example",
      "/%2f%2fevil.example",
      "/%5cevil.example",
      "https:evil.example",
      "javascript:alert(1)",
      "data:text/html,x",
      "/hub/..//evil.example",
      "//user@evil.example",
      `${portal.url.origin}//evil.example`,
      "relative",
      "\t//evil.example",
    ];
    for (const next of hostile) {
      const target = `/hub/enter?server=${id}&next=${encodeURIComponent(next)}`;
      const sent = await portal.ask(target, { headers: { cookie: ana } });
      const away = new URL(sent.headers.location ?? "", portal.url);
      const known = mode === "path" ? portal.url.host : `ana.${portal.config.hub.subdomainHost}`;
      expect(away.host, next).toBe(known);
      if (mode === "path") continue;
      const taken = await portal.ask(`${away.pathname}${away.search}`, { host: away.host });
      expect(taken.headers.location, next).toBe("/user/ana/");
    }
    const nobody = await portal.ask("/user/ana/lab?next=//evil.example", {
      host: portal.url.host,
      headers: { accept: "text/html" },
    });
    expect(nobody.headers.location).toBe("/hub/login?next=%2Fuser%2Fana%2Flab%3Fnext%3D%2F%2Fevil.example");
  });
});
