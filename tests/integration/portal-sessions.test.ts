import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findSession } from "#db/sessions.ts";
import { readToken, sidHashOf } from "#server/auth/session-token.ts";
import { hubKeys, until } from "#tests/fakes/hub-under-test.ts";
import type { Line } from "#tests/fakes/portal-client.ts";
import { cookieValue, type Place, password } from "#tests/fakes/portal-visitor.ts";
import { type Mode, type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

/** What "at once" means for every edge, in the words: within 5 s. */
const soonMs = 5000;

async function endsSoon(what: () => Promise<boolean>, title: string): Promise<void> {
  const beganMs = performance.now();
  await until(what, title);
  expect(performance.now() - beganMs, title).toBeLessThan(soonMs);
}

const closed = (lines: readonly Line[]) => lines.every((line) => line.closedWith?.code === 4401);

describe.each<Mode>(["path", "subdomain"])("sessions in %s mode", (mode) => {
  let portal: Portal;
  let count = 0;
  let name: string;
  let admin: string;

  beforeAll(async () => {
    portal = await startPortal({ mode, config: { hub: { trustedUsers: true } } });
    await portal.addAdmin("root");
    admin = await portal.signIn("root");
  });
  afterAll(() => portal.stop());
  beforeEach(async () => {
    count += 1;
    name = `user${count}`;
    await portal.addUsers(name);
  });

  const statusAt = async (place: Place) => (await portal.get(place, `/user/${name}/api/kernels`)).status;

  test("S-15: logging out in one tab ends HTTP and WebSockets of all of them, and a polling tab revives nothing", async () => {
    const cookie = await portal.signIn(name);
    const other = await portal.signIn(name);
    await portal.startServer(cookie, name);
    const [here, elsewhere] = [await portal.enter(cookie, name), await portal.enter(other, name)];
    const tabs = await Promise.all([1, 2, 3].map((tab) => portal.webSocket(here, `/user/${name}/ws/${tab}`)));
    const stays = await portal.webSocket(elsewhere, `/user/${name}/ws/4`);
    const polled: string[] = [];
    let polling = true;
    const poll = (async () => {
      while (polling) polled.push(...(await portal.get(here, `/user/${name}/api/kernels`)).setCookies);
    })();
    await portal.signOut(cookie);
    await endsSoon(async () => closed(tabs) && (await statusAt(here)) === 403, "the end of the session at the edge");
    expect((await portal.query(cookie, "me.get", undefined)).code).toBe("unauthenticated");
    polling = false;
    await poll;
    expect(polled).toEqual([]);
    await portal.restartEdge();
    expect(await statusAt(here), "an edge that starts later").toBe(403);
    expect(await statusAt(elsewhere), "another session of the same user").toBe(200);
    expect(stays.closedWith?.code, "it was told to come back, not that it was put out").toBe(1012);
    const page = await portal.ask(`/user/${name}/lab`, { headers: { cookie, accept: "text/html" } });
    expect(page.headers.location).toBe(`/hub/login?next=%2Fuser%2F${name}%2Flab`);
  });

  test("S-15: every edge hears of it, whichever hub it was told", async () => {
    const beside = await startPortal({ beside: portal, config: { hub: { trustedUsers: true } } });
    const cookie = await portal.signIn(name);
    await portal.startServer(cookie, name);
    await beside.startServer(cookie, name);
    const here = await portal.webSocket(await portal.enter(cookie, name), `/user/${name}/ws`);
    const there = await beside.webSocket(await beside.enter(cookie, name), `/user/${name}/ws`);
    await beside.signOut(cookie);
    await endsSoon(async () => closed([here, there]), "the end of both");
    expect((await portal.query(cookie, "me.get", undefined)).code).toBe("unauthenticated");
    await beside.stop();
  });

  test("S-15: a page that watches a start is shown no more of it after the log-out", async () => {
    const cookie = await portal.signIn(name);
    portal.spawner.onStart = () => "wait";
    const started = await portal.mutate(cookie, "servers.start", { user: name });
    const watching = portal.query(cookie, "servers.progress", { user: name });
    const byOther = await portal.signIn(name);
    await portal.signOut(cookie);
    const beganMs = performance.now();
    expect((await watching).code).toBe("unauthenticated");
    expect(performance.now() - beganMs).toBeLessThan(soonMs);
    const goesOn = portal.query(byOther, "servers.progress", { user: name });
    portal.spawner.onStart = () => "run";
    await until(async () => portal.spawner.runs.has((started.data as { id: string }).id), "the run");
    await portal.spawner.setRunning((started.data as { id: string }).id);
    expect((await goesOn).code).toBeNull();
  });

  test("S-16: a disabled user is out: sessions, WebSockets, tokens, servers; the login too", async () => {
    const cookie = await portal.signIn(name);
    const id = await portal.startServer(cookie, name);
    const place = await portal.enter(cookie, name);
    const line = await portal.webSocket(place, `/user/${name}/ws`);
    const token = await tokenOf(cookie);
    expect(await statusWithToken(place, token)).toBe(200);
    await portal.mutate(admin, "users.setDisabled", { name, disabled: true });
    await endsSoon(async () => line.closedWith !== null && (await statusAt(place)) === 403, "the end at the edge");
    expect(await statusWithToken(place, token)).toBe(403);
    expect((await portal.query(cookie, "me.get", undefined)).code).toBe("unauthenticated");
    expect((await portal.queryWith({ authorization: `token ${token}` }, "me.get", undefined)).code).toBe(
      "unauthenticated",
    );
    expect(await portal.trySignIn(name)).toMatchObject({ kind: "refused" });
    await until(async () => !portal.spawner.runs.has(id), "the end of the server");
    await portal.mutate(admin, "users.setDisabled", { name, disabled: false });
    expect(await statusAt(place), "enabling again brings nothing back").toBe(403);
  });

  test("S-16: a changed password ends every other session and the tokens; this one goes on", async () => {
    const [mine, stolen] = [await portal.signIn(name), await portal.signIn(name)];
    await portal.startServer(mine, name);
    const [here, thief] = [await portal.enter(mine, name), await portal.enter(stolen, name)];
    const [keeps, loses] = [
      await portal.webSocket(here, `/user/${name}/ws`),
      await portal.webSocket(thief, `/user/${name}/ws`),
    ];
    const token = await tokenOf(stolen);
    const changed = await portal.mutate(mine, "me.changePassword", { current: password, next: "new horse staple 7" });
    expect(changed.code).toBeNull();
    await endsSoon(async () => closed([loses]) && (await statusAt(thief)) === 403, "the end of the other session");
    expect(await statusWithToken(here, token)).toBe(403);
    expect([await statusAt(here), keeps.isOpen]).toEqual([200, true]);
    expect(await portal.trySignIn(name)).toMatchObject({ kind: "refused", code: "wrong" });
  });

  test("S-16: a revoked token is dead at the edge, with what it has open, though it was just believed", async () => {
    const cookie = await portal.signIn(name);
    await portal.startServer(cookie, name);
    const place = await portal.enter(cookie, name);
    const made = await portal.mutate(cookie, "tokens.create", { note: "x", expiresInSeconds: null, scopes: null });
    const { token, row } = made.data as { token: string; row: { id: string } };
    expect(await statusWithToken(place, token)).toBe(200);
    const line = await portal.tryWebSocket({ host: place.host, authorization: `token ${token}` }, `/user/${name}/ws`);
    if (typeof line === "number") throw new Error(`the token's WebSocket was refused with ${line}`);
    await portal.mutate(cookie, "tokens.revoke", { id: row.id });
    await endsSoon(async () => closed([line]) && (await statusWithToken(place, token)) === 403, "the token's end");
    expect(await statusAt(place)).toBe(200);
  });

  test("S-16: with the admin role go its sessions, its tokens and the leave to enter others' servers", async () => {
    const user = await portal.signIn(name);
    const second = `${name}x`;
    await portal.addAdmin(second);
    await portal.startServer(user, name);
    const cookie = await portal.signIn(second);
    const token = await tokenOf(cookie);
    await portal.mutate(cookie, "servers.open", { user: name, reason: "they asked me to look" });
    const line = await visit(cookie);
    await portal.mutate(admin, "users.setAdmin", { name: second, admin: false });
    await endsSoon(async () => line.closedWith !== null, "the end of the visit");
    expect((await portal.query(cookie, "me.get", undefined)).code).toBe("unauthenticated");
    expect((await portal.queryWith({ authorization: `token ${token}` }, "users.list", {})).code).toBe(
      "unauthenticated",
    );
    const again = await portal.signIn(second);
    expect((await portal.query(again, "users.list", {})).code).toBe("forbidden");
    expect(await portal.enter(again, name).then(statusAt, () => 404)).toBe(404);
  });

  test("S-16: leave to enter somebody's server ends by itself, for HTTP and for the WebSocket that is open", async () => {
    const user = await portal.signIn(name);
    await portal.startServer(user, name);
    const visitor = `${name}v`;
    await portal.addAdmin(visitor);
    const cookie = await portal.signIn(visitor);
    await portal.mutate(cookie, "servers.open", { user: name, reason: "they asked me to look" });
    const line = await visit(cookie);
    const place = await portal.enter(cookie, name);
    expect(await statusAt(place)).toBe(200);
    portal.clock.advance(3601);
    await endsSoon(async () => closed([line]) && (await statusAt(place)) !== 200, "the end of the grant");
    expect([403, 404]).toContain(await statusAt(place));
    expect(await portal.enter(cookie, name).then(statusAt, () => 404)).toBe(404);
  });

  test("S-14: a session id is new at each login, 256 random bits, kept as a hash; what a client brings is never taken", async () => {
    const brought = await portal.signIn(name);
    const given = [brought, await portal.signIn(name), await portal.signIn(name)];
    const ids = await Promise.all(given.map((cookie) => claimsOf(cookie)));
    expect(new Set(ids.map((claims) => claims.sid)).size).toBe(3);
    for (const { sid } of ids) {
      expect(Buffer.from(sid, "base64url")).toHaveLength(32);
      const rows = await portal.hub.db.execute("select to_jsonb(s)::text as row from sessions s");
      expect(JSON.stringify(rows.rows)).not.toContain(sid);
      expect((await findSession(portal.hub.db, sidHashOf(sid)))?.user.name).toBe(name);
    }
    const before = await portal.hub.db.execute("select count(*) as n from sessions");
    const forged = `${brought.split("=")[0]}=${"a".repeat(43)}`;
    await portal.ask("/hub/api/user", { headers: { cookie: forged } });
    expect((await portal.query(forged, "me.get", undefined)).code).toBe("unauthenticated");
    expect((await portal.hub.db.execute("select count(*) as n from sessions")).rows).toEqual(before.rows);
  });

  async function visit(cookie: string): Promise<Line> {
    const place = await until(async () => {
      const found = await portal.enter(cookie, name).catch(() => null);
      return found !== null && (await statusAt(found)) === 200 ? found : null;
    }, "the visitor's way in");
    return await portal.webSocket(place, `/user/${name}/ws`);
  }

  async function tokenOf(cookie: string): Promise<string> {
    const made = await portal.mutate(cookie, "tokens.create", { note: "", expiresInSeconds: null, scopes: null });
    return (made.data as { token: string }).token;
  }

  async function statusWithToken({ host }: Place, token: string): Promise<number> {
    return (await portal.ask(`/user/${name}/api`, { host, headers: { authorization: `token ${token}` } })).status;
  }

  async function claimsOf(cookie: string) {
    const claims = await readToken([hubKeys.publicKey], "session", cookieValue(cookie), portal.clock.now());
    if (claims === null) throw new Error("the login gave no session");
    return claims;
  }
});

describe("a log-out with shutdownOnLogout", () => {
  test("S-15: stops the servers of that user, and nobody else's", async () => {
    const portal = await startPortal({ config: { hub: { shutdownOnLogout: true } } });
    await portal.addUsers("ana", "bob");
    const [ana, bob] = [await portal.signIn("ana"), await portal.signIn("bob")];
    const [anas, bobs] = [await portal.startServer(ana, "ana"), await portal.startServer(bob, "bob")];
    await portal.signOut(ana);
    await until(async () => !portal.spawner.runs.has(anas), "the end of the server");
    expect(portal.spawner.runs.has(bobs)).toBe(true);
    await portal.stop();
  });
});
