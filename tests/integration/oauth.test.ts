import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { until } from "#tests/fakes/hub-under-test.ts";
import {
  asToken,
  authorize,
  exchange,
  type Login,
  loggedIn,
  loginIn,
  pkce,
  stockConfig,
  stockHub,
} from "#tests/fakes/stock-login.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
let ana: string;
let bob: string;
let login: Login;
let bobs: Login;
let anasServer: string;

beforeAll(async () => {
  portal = await startPortal({ config: { ...stockConfig, hub: { ...stockHub, trustedUsers: true } } });
  await portal.addUsers("ana", "bob", "eve");
  await portal.addAdmin("root");
  [ana, bob] = [await portal.signIn("ana"), await portal.signIn("bob")];
  anasServer = await portal.startServer(ana, "ana");
  login = loginIn(portal, anasServer);
  bobs = loginIn(portal, await portal.startServer(bob, "bob"));
});
afterAll(() => portal.stop());
beforeEach(async () => {
  [ana, bob] = [await portal.signIn("ana"), await portal.signIn("bob")];
});

const errorOf = (answer: { status: number; json(): Record<string, unknown> }) => [answer.status, answer.json().error];

describe("a login in one's own server", () => {
  test("goes round without a question, and says who its visitor is, with the scopes a stock server looks for", async () => {
    const { answer, back, code } = await authorize(portal, ana, login);
    expect([answer.status, back.origin, back.pathname]).toEqual([302, portal.url.origin, "/user/ana/oauth_callback"]);
    expect(back.searchParams.get("state")).toBe(login.state);
    const [sessionCookie = ""] = answer.setCookies;
    expect(sessionCookie).toMatch(/^jupyterhub-session-id=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
    const given = await exchange(portal, login, code);
    expect(given.status).toBe(200);
    expect(given.headers["x-jupyterhub-version"]).toMatch(/^5\./);
    const { access_token, ...rest } = given.json();
    expect(rest).toEqual({
      token_type: "Bearer",
      expires_in: expect.any(Number),
      scope: "read:users:name!user=ana read:users:groups!user=ana access:servers!server=ana/",
    });
    const who = await asToken(portal, String(access_token), "/user");
    expect(who.json()).toEqual({
      kind: "user",
      name: "ana",
      admin: false,
      groups: [],
      scopes: ["access:servers!server=ana/", "read:users:groups!user=ana", "read:users:name!user=ana"],
      session_id: /=([0-9a-f]{32})/.exec(sessionCookie)?.[1],
      token_id: expect.any(String),
    });
  });

  test("without a session it asks for one, and comes back with everything it was sent with", async () => {
    const { answer, back } = await authorize(portal, "", login);
    expect([answer.status, back.pathname]).toEqual([302, "/hub/login"]);
    const next = back.searchParams.get("next") ?? "";
    expect(next).toMatch(/^\/hub\/api\/oauth2\/authorize\?/);
    expect(new URL(next, portal.url).searchParams.get("state")).toBe(login.state);
  });

  test("a script of some page gets no code in its visitor's name, nor does a HEAD, and nothing is written", async () => {
    const codes = async () => (await portal.hub.db.execute("select 1 from codes")).rows.length;
    const before = await codes();
    const query = new URLSearchParams({
      client_id: login.clientId,
      redirect_uri: login.callback,
      response_type: "code",
    });
    for (const mode of ["cors", "no-cors", "same-origin", "websocket"]) {
      const headers = { cookie: ana, "sec-fetch-mode": mode };
      expect((await portal.ask(`/hub/api/oauth2/authorize?${query}`, { headers })).status, mode).toBe(403);
    }
    expect(
      (await portal.ask(`/hub/api/oauth2/authorize?${query}`, { method: "HEAD", headers: { cookie: ana } })).status,
    ).toBe(400);
    expect(await codes()).toBe(before);
  });
});

describe("S-13: codes of a server's login", () => {
  test("(a) the address to go back to is the server's own, to the letter; nothing is sent anywhere else", async () => {
    const others = [
      "/user/ana/oauth_callback/",
      "/user/ana/oauth_callback?x=1",
      "/user/ana/../bob/oauth_callback",
      "/user/%61na/oauth_callback",
      "/user/bob/oauth_callback",
      `${portal.url.origin}/user/ana/oauth_callback`,
      "https://evil.example/user/ana/oauth_callback",
      "//evil.example/user/ana/oauth_callback",
      "",
    ];
    for (const redirect_uri of others) {
      const { answer } = await authorize(portal, ana, login, { redirect_uri });
      expect([answer.status, answer.headers.location], redirect_uri).toEqual([400, undefined]);
    }
    const { code } = await authorize(portal, ana, login);
    expect(errorOf(await exchange(portal, login, code, { redirect_uri: "/user/ana/other" }))).toEqual([
      400,
      "invalid_grant",
    ]);
  });

  test("(b) a code brought a second time is refused, and what was given for it the first time ends", async () => {
    const { code } = await authorize(portal, ana, login);
    const token = String((await exchange(portal, login, code)).json().access_token);
    expect((await asToken(portal, token, "/user")).status).toBe(200);
    expect(errorOf(await exchange(portal, login, code))).toEqual([400, "invalid_grant"]);
    expect((await asToken(portal, token, "/user")).status).toBe(403);
    const { rows } = await portal.hub.db.execute(
      "select actor_kind, detail->>'tokensRevoked' as n from audit where action = 'server.login-code-reused'",
    );
    expect(rows).toEqual([{ actor_kind: "server", n: "1" }]);
  });

  test("(b) of twenty who bring one code at once, at most one gets a token, and it is worth nothing afterwards", async () => {
    const { code } = await authorize(portal, ana, login);
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(portal, login, code)));
    const given = answers.filter((answer) => answer.status === 200);
    expect(given).toHaveLength(1);
    const token = String(given[0]?.json().access_token);
    expect((await asToken(portal, token, "/user")).status).toBe(403);
  });

  test("(c) another server can't use a code, and whoever tried has spent it", async () => {
    const { code } = await authorize(portal, ana, login);
    expect(errorOf(await exchange(portal, bobs, code))).toEqual([400, "invalid_grant"]);
    expect(errorOf(await exchange(portal, login, code))).toEqual([400, "invalid_grant"]);
    const next = await authorize(portal, ana, login);
    for (const more of [{ client_secret: bobs.secret }, { client_id: bobs.clientId }, { client_secret: "x" }])
      expect(errorOf(await exchange(portal, login, next.code, more))).toEqual([403, "invalid_client"]);
    expect((await exchange(portal, login, next.code)).status, "who isn't the client spends nothing").toBe(200);
  });

  test("(d) with a challenge only its verifier will do; without one a verifier is a login gone wrong", async () => {
    const { verifier, challenge } = pkce();
    const right = await authorize(portal, ana, login, challenge);
    expect((await exchange(portal, login, right.code, { code_verifier: verifier })).status).toBe(200);
    for (const more of [{}, { code_verifier: pkce().verifier }, { code_verifier: "short" }] as Record<
      string,
      string
    >[]) {
      const { code } = await authorize(portal, ana, login, challenge);
      expect(errorOf(await exchange(portal, login, code, more))).toEqual([400, "invalid_grant"]);
      expect(errorOf(await exchange(portal, login, code, { code_verifier: verifier })), "spent").toEqual([
        400,
        "invalid_grant",
      ]);
    }
    const plain = await authorize(portal, ana, login);
    expect(errorOf(await exchange(portal, login, plain.code, { code_verifier: verifier }))).toEqual([
      400,
      "invalid_grant",
    ]);
    for (const more of [
      { code_challenge: verifier, code_challenge_method: "plain" },
      { code_challenge: verifier },
    ] as Record<string, string>[])
      expect((await authorize(portal, ana, login, more)).back.searchParams.get("error")).toBe("invalid_request");
  });

  test("(g) two tabs with interleaved logins both end well", async () => {
    const [one, other] = [
      { ...login, state: "one" },
      { ...login, state: "other" },
    ];
    const first = await authorize(portal, ana, one);
    const second = await authorize(portal, ana, other);
    expect([first, second].map(({ back }) => back.searchParams.get("state"))).toEqual(["one", "other"]);
    const answers = [await exchange(portal, other, second.code), await exchange(portal, one, first.code)];
    for (const answer of answers)
      expect((await asToken(portal, String(answer.json().access_token), "/user")).status).toBe(200);
  });

  test("(h) after eleven minutes the code is too old, and the server is told to begin again", async () => {
    const { code } = await authorize(portal, ana, login);
    portal.clock.advance(11 * 60);
    const answer = await exchange(portal, login, code);
    expect(errorOf(answer)).toEqual([400, "invalid_grant"]);
    expect(answer.json().error_description).toContain("Open the server again");
  });

  test("a code whose visitor logged out, or of a run that is over, gives nothing", async () => {
    const { code } = await authorize(portal, ana, login);
    await portal.signOut(ana);
    expect(errorOf(await exchange(portal, login, code))).toEqual([400, "invalid_grant"]);
  });
});

describe("who may log in where", () => {
  test("somebody else's server takes leave, and the token ends with it", async () => {
    const root = await portal.signIn("root");
    expect((await authorize(portal, bob, login)).answer.status).toBe(403);
    expect((await authorize(portal, root, login)).answer.status, "the admin role alone opens nothing").toBe(403);
    const reason = "she asked me to look at it";
    expect((await portal.mutate(root, "servers.open", { user: "ana", reason })).code).toBe(null);
    const token = await loggedIn(portal, root, login);
    const scopes = async () => (await asToken(portal, token, "/user")).json().scopes;
    expect(await scopes()).toContain("access:servers!server=ana/");
    portal.clock.advance(3601);
    expect(await scopes()).toEqual(["read:users:groups!user=root", "read:users:name!user=root"]);
    expect((await authorize(portal, root, login)).answer.status).toBe(403);
  });

  test("a client that doesn't exist, or whose server has no login of its own, is nobody", async () => {
    for (const clientId of [
      "",
      "jupyterhub-user-ana",
      "jupyterhub-server-x",
      `${login.clientId}0`,
      login.clientId.replace(/.$/, "0"),
    ])
      if (clientId !== login.clientId)
        expect((await authorize(portal, ana, { ...login, clientId })).answer.status, clientId).toBe(400);
  });

  test("more scopes than a login gives, or another kind of answer, are refused where the server can say so", async () => {
    const asked = async (more: Record<string, string>) =>
      (await authorize(portal, ana, login, more)).back.searchParams.get("error");
    expect(await asked({ scope: "access:servers!server admin:users" })).toBe("invalid_scope");
    expect(await asked({ scope: "access:servers!server=bob/" })).toBe("invalid_scope");
    expect(await asked({ response_type: "token" })).toBe("unsupported_response_type");
    expect(await asked({ scope: "access:servers!server=ana/ read:users:name!user" })).toBe(null);
  });
});

describe("S-16: tokens of servers and of logins in them", () => {
  test("logging out ends the login's tokens, and only that login's", async () => {
    const other = await portal.signIn("ana");
    const [here, there] = [await loggedIn(portal, ana, login), await loggedIn(portal, other, login)];
    await portal.signOut(ana);
    expect((await asToken(portal, here, "/user")).status).toBe(403);
    expect((await asToken(portal, there, "/user")).status).toBe(200);
    const edge = async (token: string) =>
      (await portal.ask("/user/ana/api", { headers: { authorization: `token ${token}` } })).status;
    await until(async () => (await edge(here)) === 403, "the edge hears of it");
    expect(await edge(there)).toBe(200);
  });

  test("a disabled user's logins in servers end, and so does what their own server calls the hub with", async () => {
    const eve = await portal.signIn("eve");
    const eves = loginIn(portal, await portal.startServer(eve, "eve"));
    const token = await loggedIn(portal, eve, eves);
    expect((await asToken(portal, eves.secret, "/user")).status).toBe(200);
    const root = await portal.signIn("root");
    expect((await portal.mutate(root, "users.setDisabled", { name: "eve", disabled: true })).code).toBe(null);
    for (const text of [token, eves.secret]) expect((await asToken(portal, text, "/user")).status).toBe(403);
  });

  test("the server's token may report activity and enter that server, nothing else, and is stored as a hash", async () => {
    const who = (await asToken(portal, login.secret, "/user")).json();
    expect(who.scopes).toEqual(["access:servers!server=ana/", "users:activity!user=ana"]);
    const body = JSON.stringify({});
    const headers = { authorization: `token ${login.secret}`, "content-type": "application/json" };
    for (const [method, path] of [
      ["GET", "/users"],
      ["GET", "/users/ana"],
      ["GET", "/users/ana/tokens"],
      ["POST", "/users/ana/tokens"],
      ["DELETE", "/users/ana/server"],
      ["POST", "/users/bob/activity"],
    ])
      expect((await portal.ask(`/hub/api${path}`, { method: method ?? "", headers, body })).status, path).toBe(403);
    const { rows } = await portal.hub.db.execute("select t.* from tokens t");
    expect(JSON.stringify(rows)).not.toContain(login.secret);
  });

  test("a restart makes another token, a stop ends it, and logins of the earlier run end with the run", async () => {
    const token = await loggedIn(portal, bob, bobs);
    const id = bobs.clientId.replace("jupyterhub-server-", "");
    expect((await portal.mutate(bob, "servers.restart", { user: "bob", name: "" })).code).toBe(null);
    const next = await until(async () => {
      const run = portal.spawner.runs.get(id);
      return run !== undefined && run.order.secret !== bobs.secret && loginIn(portal, id);
    }, "the next run");
    expect((await asToken(portal, next.secret, "/user")).status).toBe(200);
    for (const text of [token, bobs.secret]) expect((await asToken(portal, text, "/user")).status).toBe(403);
    expect(errorOf(await exchange(portal, bobs, "x"))).toEqual([403, "invalid_client"]);
    await portal.mutate(bob, "servers.stop", { user: "bob", name: "" });
    await until(async () => (await asToken(portal, next.secret, "/user")).status === 403, "the end of the run");
  });
});

test("where users have origins of their own, the login goes from theirs over the portal's and back, and the server is open there alone", async () => {
  const apart = await startPortal({ mode: "subdomain", config: { ...stockConfig, hub: stockHub } });
  await apart.addUsers("ana", "bob");
  const session = await apart.signIn("ana");
  const there = loginIn(apart, await apart.startServer(session, "ana"));
  const { answer, back, code } = await authorize(apart, session, there);
  const origin = `http://ana.users.localhost:${apart.port}`;
  expect([answer.status, back.origin, back.pathname]).toEqual([302, origin, "/user/ana/oauth_callback"]);
  const given = (await exchange(apart, there, code)).json();
  expect((await asToken(apart, String(given.access_token), "/user")).json()).toMatchObject({ name: "ana" });
  for (const redirect_uri of ["/user/ana/oauth_callback", there.callback.replace("ana.users", "bob.users")])
    expect((await authorize(apart, session, there, { redirect_uri })).answer.status, redirect_uri).toBe(400);
  // The portal's cookie isn't sent to that origin; without the one of its own nobody comes to the server.
  const page = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  const nobody = await apart.ask("/user/ana/lab", { host: back.host, headers: page });
  expect([nobody.status, nobody.headers.location]).toEqual([302, `${apart.url.origin}/user/ana/lab`]);
  const place = await apart.enter(session, "ana");
  expect((await apart.get(place, `${back.pathname}${back.search}`)).status).toBe(200);
  await apart.stop();
});
