import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, ask, echo, echoedIn, listening, type Rig, startRig } from "#tests/edge-rig.ts";

const named = (name: string) =>
  createServer((request, response) => {
    response.setHeader("x-who", name);
    echo(request, response);
  });
/** Ends the connection of the next requests it gets, as a hub that is killed does. */
let cutsOff = 0;
const [hub, web] = [named("hub"), named("web")];
for (const part of [hub, web])
  part.prependListener("request", (request) => {
    if (cutsOff-- > 0) request.socket.destroy();
  });
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ hubApi: await listening(hub), web: await listening(web) });
});
afterAll(async () => {
  await rig.close();
  for (const server of [hub, web]) server.close();
});

const send = (target: string, ...headers: string[]): Promise<Answer> =>
  ask(rig.port, target, { host: rig.host, headers });

describe("the portal behind the edge", () => {
  test.each([
    ["/hub/api", "hub"],
    ["/hub/api/users/ana", "hub"],
    ["/api/trpc/servers.list?batch=1", "hub"],
    ["/hub/metrics", "hub"],
    ["/hub/enter?server=1", "hub"],
    ["/hub/home", "web"],
    ["/hub/apix", "web"],
    ["/", "web"],
    ["/_next/static/x.js", "web"],
    ["/api/auth/session", "web"],
  ])("%s is answered by %s", async (target, who) => {
    const answer = await send(target);
    expect(answer.headers.get("x-who")).toEqual([who]);
    expect(echoedIn(answer).target).toBe(target);
  });

  test("hub and web get the portal's cookies and tokens, and a request id the edge made", async () => {
    const echoed = echoedIn(
      await send("/hub/api/user", "Cookie: berth-session=x", "Authorization: token berth_x", "X-Request-Id: mine"),
    );
    expect(echoed.valuesOf("cookie")).toEqual(["berth-session=x"]);
    expect(echoed.valuesOf("authorization")).toEqual(["token berth_x"]);
    expect(echoed.valuesOf("x-request-id")).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  test("S-80: what Next.js would take for its own word never comes from outside", async () => {
    const lines = [
      "X-Middleware-Subrequest: middleware",
      "x-middleware-rewrite: /x",
      "x-nextjs-data: 1",
      "x-invoke-path: /x",
      "X_Middleware_Subrequest: x",
      "RSC: 1",
    ];
    const echoed = echoedIn(await send("/hub/home", ...lines));
    expect(echoed.headers.filter((name, index) => index % 2 === 0 && /middleware|nextjs|invoke/i.test(name))).toEqual(
      [],
    );
    expect(echoed.valuesOf("rsc")).toEqual(["1"]);
  });

  test("F-33: what only reads is asked once more where hub or web ended before its answer; nothing else is", async () => {
    for (const target of ["/hub/api/user", "/hub/home"]) {
      cutsOff = 1;
      expect((await send(target)).status).toBe(200);
      cutsOff = 2;
      expect((await send(target)).status).toBe(503);
    }
    cutsOff = 1;
    const ordered = await ask(rig.port, "/hub/api/users/ana/server", { host: rig.host, method: "POST" });
    expect([ordered.status, ordered.headers.get("retry-after")]).toEqual([503, ["5"]]);
    cutsOff = 0;
  });

  test("F-03, F-11: the page that says the portal is away comes back by itself; what a program gets says when", async () => {
    cutsOff = 2;
    const page = await send("/hub/home", "Accept: text/html");
    expect([page.status, page.headers.get("refresh"), page.headers.get("retry-after")]).toEqual([503, ["5"], ["5"]]);
    cutsOff = 2;
    const answer = await send("/hub/api/user", "Accept: application/json");
    expect([answer.status, answer.headers.get("refresh"), answer.headers.get("retry-after")]).toEqual([
      503,
      undefined,
      ["5"],
    ]);
    cutsOff = 0;
  });

  test("S-58: an answer of the portal that says nothing about caching is not stored", async () => {
    expect((await send("/hub/home")).headers.get("cache-control")).toEqual(["private, no-store"]);
  });

  describe("S-01: two sessions in one request", () => {
    const two = "Cookie: berth-session=ana; berth-session=ben";
    const page = "Accept: text/html";

    test.each(["/", "/hub/home", "/hub/login?next=%2F", "/hub/enter?server=1", "/user/ana/lab"])(
      "%s is a page with a way out, and neither hub nor web is asked",
      async (target) => {
        const answer = await send(target, two, page);
        expect([answer.status, answer.headers.get("x-who")]).toEqual([400, undefined]);
        expect(answer.body).toContain("<h1>Your browser sent two sessions at once</h1>");
        expect(answer.body).toContain(`<a href="${rig.origin}${target}">Try again</a>`);
        expect(answer.body).toContain(`<a href="${rig.origin}/hub/login">Log in again</a>`);
      },
    );

    test("what isn't the portal's own is taken back from the browser, and the portal's own is not", async () => {
      const taken = (await send("/hub/home", two, page)).headers.get("set-cookie");
      expect(taken).toEqual(["/hub", "/hub/", "/hub/home"].map((path) => `berth-session=; Path=${path}; Max-Age=0`));
    });

    test.each(["/api/trpc/servers.list", "/hub/api/user", "/api/auth/session"])(
      "%s tells a program so, in JSON",
      async (target) => {
        const answer = await send(target, two);
        expect([answer.status, answer.headers.get("set-cookie")]).toEqual([400, undefined]);
        expect(JSON.parse(answer.body)).toMatchObject({ code: "two-sessions" });
      },
    );

    test("one session beside other cookies, and a token beside two, go through", async () => {
      expect((await send("/hub/home", "Cookie: a=1; berth-session=x; x-berth-session=y")).status).toBe(200);
      const token = await send("/hub/api/user", two, "Authorization: token berth_x");
      expect(token.headers.get("x-who")).toEqual(["hub"]);
    });
  });
});

test("the edge's own pages have the institution's name and colour, and their style is the only one that applies", async () => {
  const branded = await startRig({ brand: { name: "Ångström & Söhne <Lab>", accent: "#ffcc00" } });
  const { host } = branded;
  const answer = await ask(branded.port, "/hub/home", { host, headers: ["Accept: text/html"] });
  await branded.close();
  expect([answer.status, answer.body.includes("Berth")]).toEqual([503, false]);
  const body = Buffer.from(answer.body, "latin1").toString("utf8");
  expect(body).toContain("<title>The portal is not available · Ångström &#38; Söhne &#60;Lab&#62;</title>");
  const style = /<style>([\s\S]*)<\/style>/.exec(body)?.[1] ?? "";
  expect(style).toContain("--act:#ffcc00;--on:#000000");
  const hash = createHash("sha256").update(style).digest("base64");
  expect(answer.headers.get("content-security-policy")?.join()).toContain(`style-src 'sha256-${hash}';`);
});
