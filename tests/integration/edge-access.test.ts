import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, echo, echoedIn, type Rig, routeTo, startRig, stoppedAs, until } from "#tests/edge-rig.ts";

const token = `berth_${"a".repeat(38)}`;
const foreignToken = `berth_${"b".repeat(38)}`;
let rig: Rig;
let target: Awaited<ReturnType<Rig["serve"]>>;
let ana: string;
let bob: string;
/** Requests that reached ana's server. */
let reached = 0;

beforeAll(async () => {
  rig = await startRig();
  target = await rig.serve((request, response) => {
    reached += 1;
    echo(request, response);
  });
  const portalApi = await rig.serve(echo);
  rig.hub.tokens.set(token, {
    kind: "user",
    tokenId: "t1",
    userId: "id-ana",
    userName: "ana",
    access: "own",
    expiresAt: null,
  });
  rig.hub.tokens.set(foreignToken, {
    kind: "user",
    tokenId: "t2",
    userId: "id-bob",
    userName: "bob",
    access: "own",
    expiresAt: null,
  });
  rig.hub.send(
    { type: "route", route: routeTo(target) },
    { type: "route", route: routeTo(target, { ownerName: "eve", stripPrefix: true, inject: null }) },
    {
      type: "route",
      route: routeTo(portalApi, {
        ownerName: "olga",
        auth: "hub",
        inject: null,
        access: ["olga", "bob"].map((name) => ({ userId: `id-${name}`, until: null })),
      }),
    },
    { type: "stopped", server: stoppedAs("stopped", "bob") },
    { type: "stopped", server: stoppedAs("pending", "pia") },
    { type: "stopped", server: stoppedAs("pending", "lea") },
  );
  [ana, bob] = [await rig.cookieOf("ana"), await rig.cookieOf("bob")];
  await until(async () => (await get("/user/ana/")).status === 200);
});
afterAll(async () => await rig.close());

const get = (target: string, ...headers: string[]) => as(ana, target, ...headers);
const as = (cookie: string, target: string, ...headers: string[]) =>
  ask(rig.port, target, { host: rig.host, headers: [`Cookie: ${cookie}`, ...headers] });
const page = "Accept: text/html,application/xhtml+xml";

async function untouched(work: () => Promise<unknown>): Promise<void> {
  const before = reached;
  await work();
  expect(reached).toBe(before);
}

describe("who gets in", () => {
  test("the owner; the secret goes in, the portal's cookie doesn't (S-04)", async () => {
    const echoed = echoedIn(await get("/user/ana/api?x=%2F"));
    expect(echoed.target).toBe("/user/ana/api?x=%2F");
    expect(echoed.valuesOf("authorization")).toEqual(["token secret-of-ana"]);
    expect(echoed.valuesOf("cookie")).toEqual([]);
    expect(JSON.stringify(echoed)).not.toContain("berth-session");
  });

  test("nobody else: another's server, no server and no user look the same, and nothing arrives", async () => {
    await untouched(async () => {
      const [others, none] = [await as(bob, "/user/ana/x", page), await as(bob, "/user/nobody/x", page)];
      expect([others.status, none.status]).toEqual([404, 404]);
      const withoutId = (body: string) => body.replace(/Request [\w-]+/, "");
      expect(withoutId(others.body)).toBe(withoutId(none.body));
    });
  });

  test("without a session pages go to the login with the way back, programs get 403 JSON", async () => {
    const login = await ask(rig.port, "/user/ana/lab?a=1&b=2", { host: rig.host, headers: [page] });
    expect([login.status, login.headers.get("location")]).toEqual([
      302,
      ["/hub/login?next=%2Fuser%2Fana%2Flab%3Fa%3D1%26b%3D2"],
    ]);
    const program = await ask(rig.port, "/user/ana/api/kernels", { host: rig.host, headers: [page] });
    expect([program.status, JSON.parse(program.body).code]).toEqual([403, "unauthenticated"]);
  });

  test("two session cookies are refused, not chosen from (S-01)", async () => {
    await untouched(async () => expect((await as(`${ana}; ${bob}`, "/user/ana/")).status).toBe(400));
  });

  test("a forged, an expired and a cut-off cookie are nobody's", async () => {
    await untouched(async () => {
      const expired = await rig.cookieOf("ana", "x".repeat(43), { expiresAt: new Date(Date.now() - 1000) });
      for (const cookie of [expired, ana.slice(0, -4), `${ana.split("=")[0]}=x`, `${ana}x`])
        expect((await as(cookie, "/user/ana/api")).status, cookie).toBe(403);
    });
  });

  test("an API token opens its owner's server without an Origin, and never reaches it; another's opens nothing", async () => {
    const send = (value: string) =>
      ask(rig.port, "/user/ana/api", {
        method: "POST",
        host: rig.host,
        headers: [`Authorization: ${value}`],
        body: "x",
      });
    const echoed = echoedIn(await send(`token ${token}`));
    expect(echoed.valuesOf("authorization")).toEqual(["token secret-of-ana"]);
    expect(JSON.stringify(echoed)).not.toContain(token);
    await untouched(async () => {
      expect((await send(`Bearer ${foreignToken}`)).status).toBe(404);
      expect((await send(`Bearer berth_${"z".repeat(38)}`)).status).toBe(403);
    });
    const questions = rig.hub.questions.filter((path) => path === "/internal/token").length;
    await send(`Bearer ${token}`);
    expect(rig.hub.questions.filter((path) => path === "/internal/token").length).toBe(questions);
  });

  test("S-06: a token in the query opens nothing", async () => {
    await untouched(async () =>
      expect((await ask(rig.port, `/user/ana/api?token=${token}`, { host: rig.host })).status).toBe(403),
    );
  });

  describe("a server that logs in by itself", () => {
    const post = (...headers: string[]) =>
      ask(rig.port, "/user/olga/x", { method: "POST", host: rig.host, headers, body: "x" });
    const authorizationAt = async (text: string) =>
      echoedIn(await post(`Authorization: token ${text}`)).valuesOf("authorization");

    test("gets its own cookies and tokens, not the portal's", async () => {
      const origin = `Origin: ${rig.origin}`;
      const echoed = echoedIn(
        await post(`Cookie: own=1; ${await rig.cookieOf("olga")}`, "Authorization: token its-own", origin),
      );
      expect(echoed.valuesOf("cookie")).toEqual(["own=1"]);
      expect(echoed.valuesOf("authorization")).toEqual(["token its-own"]);
    });

    test("S-06, S-16: is reached by nobody who may not enter, nor from another site's page", async () => {
      const olga = `Cookie: own=1; ${await rig.cookieOf("olga")}`;
      const evil = "Origin: https://evil.example";
      expect((await post("Cookie: own=1", "Authorization: token its-own")).status).toBe(403);
      expect((await post(`Cookie: own=1; ${ana}`, `Origin: ${rig.origin}`)).status).toBe(404);
      expect((await post(olga, evil)).status).toBe(403);
      expect((await post(olga)).status).toBe(403);
      expect((await post(`Authorization: token ${token}`)).status).toBe(404);
    });

    test("S-04: gets a token of the portal only where it is its owner's or of its own login", async () => {
      const of = (tokenId: string, who: string, more = {}) => ({
        ...({ kind: "user", tokenId, userId: `id-${who}`, userName: who, access: "own", expiresAt: null } as const),
        ...more,
      });
      const [owners, guests] = [`berth_${"o".repeat(38)}`, `berth_${"g".repeat(38)}`];
      rig.hub.tokens.set(owners, of("t3", "olga"));
      rig.hub.tokens.set(guests, of("t4", "bob", { access: ["server-olga-"], sidHash: "a-login-of-bob" }));
      expect(await authorizationAt(owners)).toEqual([`token ${owners}`]);
      expect(await authorizationAt(guests)).toEqual([`token ${guests}`]);
      // A guest's own token, were it let in at all, says more than who they are.
      rig.hub.tokens.set(`berth_${"h".repeat(38)}`, of("t5", "bob", { access: ["server-olga-"] }));
      expect(await authorizationAt(`berth_${"h".repeat(38)}`)).toEqual([]);
      rig.hub.send({ type: "session-revoked", session: { sidHash: "a-login-of-bob", until: Date.now() + 60_000 } });
      await until(async () => (await post(`Authorization: token ${guests}`)).status === 403);
    });
  });

  test("a prefix is stripped byte for byte where the server wants that", async () => {
    const eve = await rig.cookieOf("eve");
    for (const [target, arrived] of [
      ["/user/eve/a%2Fb?x", "/a%2Fb?x"],
      ["/user/%65ve/", "/"],
      ["/user/eve//x", "//x"],
    ])
      expect(echoedIn(await as(eve, target ?? "")).target).toBe(arrived);
    expect((await as(eve, "/user/eve?x=1")).headers.get("location")).toEqual(["/user/eve/?x=1"]);
  });

  test("S-50: what is forwarded arrives as it was written", async () => {
    for (const target of [
      "/user/ana/%61%2F%2f;x=1/@/%40?a=b%20c&&=%2e%2e/",
      "/user/%61na/x//y/",
      "/user/ana/?",
      "/user/ana/a|b^c",
      "/user/ana/%C3%BC",
    ])
      expect(echoedIn(await get(target)).target).toBe(target);
  });
});

describe("where a request comes from", () => {
  const methods = ["POST", "PUT", "PATCH", "DELETE"];
  test.each(methods)(
    "%s with a cookie needs the Origin of the server's own page, else nothing arrives",
    async (method) => {
      const send = (...headers: string[]) =>
        ask(rig.port, "/user/ana/x", { method, host: rig.host, headers: [`Cookie: ${ana}`, ...headers], body: "x" });
      expect((await send(`Origin: ${rig.origin}`)).status).toBe(200);
      await untouched(async () => {
        const hostile = [
          "Origin: null",
          "Origin: http://evil.example",
          `Origin: ${rig.origin}.evil.example`,
          `Origin: ${rig.origin}/`,
          "Origin: ",
          "X: 1",
        ];
        for (const line of hostile) expect((await send(line)).status, line).toBe(403);
        expect((await send("Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors")).status).toBe(403);
      });
    },
  );

  test.each(["cross-site", "same-site"])("a %s GET passes as top-level navigation only", async (site) => {
    const send = (mode: string, dest: string) =>
      get("/user/ana/", `Sec-Fetch-Site: ${site}`, `Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${dest}`);
    expect((await send("navigate", "document")).status).toBe(200);
    await untouched(async () => {
      for (const [mode, dest] of [
        ["navigate", "iframe"],
        ["no-cors", "script"],
        ["cors", "empty"],
        ["no-cors", "image"],
        ["navigate", "embed"],
      ])
        expect((await send(mode ?? "", dest ?? "")).status).toBe(403);
    });
  });

  test("path mode installs no service worker", async () => {
    await untouched(async () => expect((await get("/user/ana/sw.js", "Service-Worker: script")).status).toBe(403));
  });

  test("S-35: whoever claims to be somebody in a header stays who the cookie says", async () => {
    await untouched(async () => {
      for (const name of [
        "X-Forwarded-User",
        "X-Remote-User",
        "X-Portal-User",
        "X_Forwarded_User",
        "X-Auth-Request-User",
      ])
        expect((await as(bob, "/user/ana/", `${name}: ana`)).status).toBe(404);
      for (const name of ["X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri"])
        expect((await as(bob, "/user/ana/", `${name}: /edge/health`)).status).toBe(404);
    });
    const echoed = echoedIn(
      await get("/user/ana/", "X-Forwarded-For: 6.6.6.6", "X_Forwarded_For: 6.6.6.6", "X-Forwarded-Host: evil"),
    );
    expect(echoed.valuesOf("x-forwarded-for")).toEqual(["127.0.0.1"]);
    expect(echoed.valuesOf("x-forwarded-host")).toEqual([rig.host]);
    expect(JSON.stringify(echoed)).not.toContain("6.6.6.6");
  });

  test("S-81: Next-Action is refused before it reaches anything", async () => {
    expect((await get("/", "Next-Action: abc")).status).toBe(400);
  });

  test("S-36: a health check's name, or a public path in a query, opens nothing", async () => {
    await untouched(async () => {
      for (const target of ["/user/ana/x?x=/edge/health", "/user/ana/x;/edge/health", "/user/ana/x%23/edge/health"]) {
        const answer = await ask(rig.port, target, { host: rig.host, headers: ["User-Agent: kube-probe/1.30"] });
        expect(answer.headers.get("location")).toEqual([`/hub/login?next=${encodeURIComponent(target)}`]);
      }
    });
  });

  test("S-51: two Hosts, a foreign Host or none are no route", async () => {
    await untouched(async () => {
      expect((await get("/user/ana/", "Host: other")).status).toBe(400);
      for (const host of ["evil.example", "", `user@${rig.host}`, `${rig.host}.evil`])
        expect([400, 421]).toContain((await ask(rig.port, "/user/ana/", { host, headers: [`Cookie: ${ana}`] })).status);
    });
  });
});

describe("a server that isn't running", () => {
  test("a page says so, in words and with a Start button that comes back here", async () => {
    const answer = await as(bob, "/user/bob/lab/tree/x?y=1", page);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([424, ["text/html; charset=utf-8"]]);
    expect(answer.body).toContain("Your server is not running");
    expect(answer.body).toContain(`href="${rig.origin}/hub/spawn/bob?next=%2Fuser%2Fbob%2Flab%2Ftree%2Fx%3Fy%3D1"`);
    expect(answer.headers.get("content-security-policy")?.[0]).toContain("frame-ancestors 'none'");
    expect(answer.headers.has("retry-after")).toBe(true);
  });

  test.each([
    ["a method that isn't GET", "POST", "/user/bob/x", page],
    ["Accept: application/json", "GET", "/user/bob/x", "Accept: application/json"],
    ["a path with api in it", "GET", "/user/bob/api/kernels", page],
    ["a page's own fetch", "GET", "/user/bob/x", "Sec-Fetch-Mode: cors"],
  ])("%s gets 424 as JSON", async (_why, method, target, header) => {
    const answer = await ask(rig.port, target, {
      method,
      host: rig.host,
      headers: [`Cookie: ${bob}`, `Origin: ${rig.origin}`, header],
    });
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([424, "server-stopped"]);
  });

  test("only for whoever may open it", async () => {
    expect((await as(ana, "/user/bob/x", page)).status).toBe(404);
    expect((await ask(rig.port, "/user/bob/x", { host: rig.host, headers: [page] })).status).toBe(302);
  });

  test("one that is starting leads to its progress, and back to the page that was asked for", async () => {
    const answer = await as(await rig.cookieOf("pia"), "/user/pia/lab", page);
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")?.[0]).toMatch(/\/hub\/spawn-pending\/pia\?next=%2Fuser%2Fpia%2Flab$/);
  });

  test("a browser or a script that comes a moment before the route does is let in", async () => {
    const cookie = await rig.cookieOf("lea");
    const answers = [as(cookie, "/user/lea/lab", page), as(cookie, "/user/lea/api/status", "Accept: application/json")];
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Another step of its start comes first.
    rig.hub.send({ type: "stopped", server: stoppedAs("pending", "lea") });
    await new Promise((resolve) => setTimeout(resolve, 100));
    rig.hub.send({ type: "route", route: routeTo(target, { ownerName: "lea" }) });
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test("what somebody wrote into an address is text on the page (S-09)", async () => {
    const answer = await as(bob, "/user/bob/\"><img/src=x>?'<script>", page);
    expect(answer.body).not.toMatch(/<img|<script/);
  });
});

describe("the edge's own addresses", () => {
  test("/edge/health answers under any host name, whatever else is in the address", async () => {
    const answer = await ask(rig.port, "/edge/health", { host: "10.0.0.1:8000" });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { status: "ok" }]);
  });

  test("localhost leads to the portal's own name", async () => {
    const answer = await ask(rig.port, "/hub/home?x=1", { host: `localhost:${rig.port}`, headers: [page] });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, [`${rig.origin}/hub/home?x=1`]]);
  });

  test("a portal that is away says so, and servers go on", async () => {
    expect((await get("/hub/home", page)).status).toBe(503);
    expect((await get("/hub/api/users")).status).toBe(503);
    expect((await get("/user/ana/")).status).toBe(200);
  });
});
