import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mintToken } from "#server/auth/session-token.ts";
import {
  ask,
  echo,
  echoedIn,
  inAnHour,
  type Rig,
  routeTo,
  sendRaw,
  signingKey,
  startRig,
  stoppedAs,
  until,
} from "#tests/edge-rig.ts";

let rig: Rig;
let ana: string;
const page = "Accept: text/html";
const hostOf = (label: string) => `${label}.users.localhost:${rig.port}`;
const originOf = (label: string) => `http://${hostOf(label)}`;

/** The cookie of one server, as the edge sets it. */
async function serverCookie(user: string, serverId: string, sid = "s".repeat(43)): Promise<string> {
  return `berth-server-${serverId}=${await mintToken(signingKey, "enter", { sid, userId: `id-${user}`, expiresAt: inAnHour(), serverId })}`;
}

beforeAll(async () => {
  rig = await startRig({ subdomains: true });
  const target = await rig.serve(echo);
  rig.hub.send(
    { type: "route", route: routeTo(target) },
    { type: "route", route: routeTo(target, { serverName: "second" }) },
    { type: "route", route: routeTo(target, { ownerName: "bob" }) },
    { type: "stopped", server: stoppedAs("stopped", "pia") },
  );
  ana = await rig.cookieOf("ana");
  await until(async () => (await portal("/user/ana/lab", ana)).status === 302);
});
afterAll(async () => await rig.close());

const portal = (target: string, cookie: string, ...headers: string[]) =>
  ask(rig.port, target, { host: rig.host, headers: [`Cookie: ${cookie}`, page, ...headers] });
const user = (label: string, target: string, cookie: string, ...headers: string[]) =>
  ask(rig.port, target, { host: hostOf(label), headers: [`Cookie: ${cookie}`, ...headers] });

describe("every user on an origin of their own", () => {
  test("the portal sends its visitors through /hub/enter, the code becomes this server's own cookie, and the server opens", async () => {
    const first = await portal("/user/ana/lab?x=1", ana);
    expect(first.headers.get("location")).toEqual(["/hub/enter?server=server-ana-&next=%2Fuser%2Fana%2Flab%3Fx%3D1"]);
    const token = (await serverCookie("ana", "server-ana-")).split("=")[1] ?? "";
    rig.hub.enterAnswers.set("good-code", {
      kind: "ok",
      token,
      expiresAt: inAnHour().getTime(),
      next: "/user/ana/lab?x=1",
    });
    const entered = await user("ana", "/.berth/enter?code=good-code", "a=1");
    expect([entered.status, entered.headers.get("location")]).toEqual([302, ["/user/ana/lab?x=1"]]);
    const [set = ""] = entered.headers.get("set-cookie") ?? [];
    expect(set).toMatch(/^berth-server-server-ana-=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    const opened = echoedIn(await user("ana", "/user/ana/lab?x=1", `own=1; ${set.split(";")[0]}`));
    expect(opened.target).toBe("/user/ana/lab?x=1");
    expect(opened.valuesOf("cookie")).toEqual(["own=1"]);
  });

  test("a code that is used up, of another origin, or leading elsewhere opens nothing else", async () => {
    expect((await user("ana", "/.berth/enter?code=used", "")).status).toBe(403);
    expect((await user("ana", "/.berth/enter", "")).status).toBe(403);
    const token = (await serverCookie("ana", "server-ana-")).split("=")[1] ?? "";
    rig.hub.enterAnswers.set("elsewhere", {
      kind: "ok",
      token,
      expiresAt: inAnHour().getTime(),
      next: "//evil.example/",
    });
    expect((await user("bob", "/.berth/enter?code=elsewhere", "")).status).toBe(403);
    expect((await user("ana", "/.berth/enter?code=elsewhere", "")).headers.get("location")).toEqual(["/user/ana/"]);
    expect((await ask(rig.port, "/.berth/enter?code=elsewhere", { method: "POST", host: hostOf("ana") })).status).toBe(
      404,
    );
  });

  test("a portal session opens nothing on a user's origin, a server's cookie opens that server alone", async () => {
    const own = await serverCookie("ana", "server-ana-");
    expect((await user("ana", "/user/ana/api", ana)).status).toBe(403);
    expect((await user("ana", "/user/ana/api", own)).status).toBe(200);
    expect((await user("ana", "/user/ana/second/api", own)).status).toBe(403);
    expect((await user("ana", "/user/ana/second/api", own.replace("server-ana-=", "server-ana-second="))).status).toBe(
      403,
    );
    expect((await portal("/user/ana/api", own)).status).toBe(403);
    expect((await user("ana", "/user/ana/api", `${own}; ${own}`)).status).toBe(400);
  });

  test("S-51: a server answers on its owner's origin only", async () => {
    const bobs = await serverCookie("bob", "server-bob-");
    expect((await user("bob", "/user/bob/api", bobs)).status).toBe(200);
    expect((await user("ana", "/user/bob/api", bobs)).status).toBe(403);
    for (const host of [
      `ANA.users.localhost:${rig.port}`,
      `ana.users.localhost.:${rig.port}`,
      "ana.users.localhost",
      `x.ana.users.localhost:${rig.port}`,
    ])
      expect(
        (
          await ask(rig.port, "/user/ana/api", {
            host,
            headers: [`Cookie: ${await serverCookie("ana", "server-ana-")}`],
          })
        ).status,
        host,
      ).toBe(421);
  });

  test("only this origin's own pages may change anything: the portal's and other users' may not", async () => {
    const own = await serverCookie("ana", "server-ana-");
    const post = async (origin: string) =>
      (
        await ask(rig.port, "/user/ana/x", {
          method: "POST",
          host: hostOf("ana"),
          headers: [`Cookie: ${own}`, `Origin: ${origin}`],
          body: "x",
        })
      ).status;
    expect(await post(originOf("ana"))).toBe(200);
    for (const origin of [rig.origin, originOf("bob"), originOf("evil"), "null"]) expect(await post(origin)).toBe(403);
    const upgrade = (origin: string) =>
      sendRaw(
        rig.port,
        `GET /user/ana/ws HTTP/1.1\r\nHost: ${hostOf("ana")}\r\nCookie: ${own}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\n\r\n`,
      );
    expect(await upgrade(originOf("bob"))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await upgrade(originOf("ana"))).not.toMatch(/^HTTP\/1\.1 403 /);
  });

  test("who isn't let in yet goes by the portal, which tells nobody what exists", async () => {
    for (const target of ["/user/ana/lab", "/user/nobody/lab"]) {
      const answer = await user("ana", target, "", page);
      expect([answer.status, answer.headers.get("location")]).toEqual([302, [`${rig.origin}${target}`]]);
    }
    expect((await portal("/user/bob/lab", ana)).status).toBe(404);
    expect((await user("ana", "/hub/home", "", page)).headers.get("location")).toEqual([`${rig.origin}/hub/home`]);
  });

  test("on the portal's origin no server's page exists: programs get 404, a stopped server its page", async () => {
    expect((await portal("/user/ana/api/kernels", ana)).status).toBe(404);
    const stopped = await portal("/user/pia/lab", await rig.cookieOf("pia"));
    expect([stopped.status, stopped.body.includes("Your server is not running")]).toEqual([424, true]);
  });
});
