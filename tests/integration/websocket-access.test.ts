import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mintToken } from "#server/auth/session-token.ts";
import { hubKeys, until } from "#tests/fakes/hub-under-test.ts";
import { cookieValue, type Place } from "#tests/fakes/portal-visitor.ts";
import { type Mode, type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

/** Of a server: what JupyterLab opens, and one of its extensions' own; of the portal: where somebody might look for one. */
const serverPaths = ["api/kernels/1/channels", "terminals/websocket/1", "proxy/8080/", ""];
const portalPaths = [
  "/",
  "/hub/api",
  "/hub/api/user",
  "/hub/home",
  "/api/trpc/me.get",
  "/hub/enter?server=x",
  "/_next/webpack-hmr",
];

type Headers = Record<string, string>;

describe.each<Mode>(["path", "subdomain"])("S-29: a WebSocket in %s mode", (mode) => {
  let portal: Portal;
  let id: string;
  let ana: { cookie: string; place: Place };
  let ben: { cookie: string; place: Place };

  beforeAll(async () => {
    portal = await startPortal({ mode });
    await portal.addUsers("ana", "ben");
    const enter = async (name: string) => {
      const cookie = await portal.signIn(name);
      const serverId = await portal.startServer(cookie, name);
      return { serverId, cookie, place: await portal.enter(cookie, name) };
    };
    const anas = await enter("ana");
    id = anas.serverId;
    ana = anas;
    ben = await enter("ben");
  });
  afterAll(() => portal.stop());

  /** Ana's own cookie of the place, with a session that is over. */
  async function expired(): Promise<string> {
    const name = ana.place.cookie.slice(0, ana.place.cookie.indexOf("="));
    const claims = { sid: "s".repeat(43), userId: "nobody", expiresAt: new Date(portal.clock.now().getTime() - 1000) };
    const kind = mode === "path" ? "session" : "enter";
    const serverId = mode === "path" ? null : id;
    return `${name}=${await mintToken(hubKeys.privateKey, kind, { ...claims, serverId })}`;
  }

  async function attempts(): Promise<[string, Headers][]> {
    const { host, origin, cookie } = ana.place;
    const bens = `${cookie.slice(0, cookie.indexOf("="))}=${cookieValue(ben.place.cookie)}`;
    const right = { host, cookie };
    return [
      ["no cookie", { host, origin }],
      ["another user's cookie", { host, origin, cookie: bens }],
      ["another user's session", { host, origin, cookie: ben.cookie }],
      ["an expired cookie", { host, origin, cookie: await expired() }],
      ["a cut-off cookie", { host, origin, cookie: cookie.slice(0, -4) }],
      ["two sessions at once", { host, origin, cookie: `${cookie}; ${cookie}` }],
      ["no Origin", right],
      ["Origin null", { ...right, origin: "null" }],
      ["an evil Origin", { ...right, origin: "https://evil.example" }],
      ["an Origin that begins like the right one", { ...right, origin: `${origin}.evil.example` }],
      ["another scheme", { ...right, origin: origin.replace("http:", "https:") }],
      ["another port", { ...right, origin: `${origin.replace(/:\d+$/, "")}:1` }],
      ["a token that isn't one", { host, origin, authorization: "token berth_made_up" }],
      ["a right cookie and a token that isn't one", { ...right, origin, authorization: "token berth_made_up" }],
      ...(mode === "path"
        ? []
        : ([
            ["another user's Origin", { ...right, origin: ben.place.origin }],
            ["the portal's Origin", { ...right, origin: portal.url.origin }],
            ["the portal's session alone", { host, origin, cookie: ana.cookie }],
          ] as [string, Headers][])),
    ];
  }

  test("is refused before its server hears of it, on every path, whatever is wrong", async () => {
    const app = portal.spawner.appOf(id);
    const before = app.connectionsEver;
    for (const [what, headers] of await attempts())
      for (const path of serverPaths) {
        const refused = await portal.tryWebSocket(headers, `/user/ana/${path}`);
        expect([400, 401, 403, 404], `${what} at ${path}`).toContain(refused);
      }
    expect(app.connectionsEver).toBe(before);
  });

  test("opens for its owner's own page", async () => {
    for (const path of serverPaths.slice(0, 2)) {
      const line = await portal.webSocket(ana.place, `/user/ana/${path}`);
      line.say("hello");
      await until(async () => line.heard.length > 0, "the echo");
      line.hangUp();
    }
  });

  test("is nowhere in the portal itself, not even for who is logged in", async () => {
    const { origin, host } = portal.url;
    for (const path of portalPaths) {
      const refused = await portal.tryWebSocket({ host, origin, cookie: ana.cookie }, path);
      expect([400, 403, 404, 426], path).toContain(refused);
    }
  });
});
