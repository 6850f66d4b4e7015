import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expandScopes, type Scope, type ScopeName, scopeNames } from "#server/auth/scopes.ts";
import { createGroup } from "#server/groups/create.ts";
import type { RestRoute } from "#server/rest/route.ts";
import { routes } from "#server/rest/routes.ts";
import { createToken } from "#server/tokens/create.ts";
import { send } from "#tests/fakes/portal-client.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

/** What each route takes, said a second time: a route that isn't here, or takes something else by now, fails. */
const authorisation: Readonly<Record<string, RestRoute["takes"]>> = {
  "GET /": "nothing",
  "GET /info": "read:hub",
  "GET /user": "token",
  "GET /announcements": "nothing",
  "GET /services": "list:services",
  "GET /services/:service": "list:services",
  "GET /proxy": "proxy",
  "POST /proxy": "proxy",
  "PATCH /proxy": "proxy",
  "POST /shutdown": "shutdown",
  "GET /users": "list:users",
  "POST /users": "admin:users",
  "GET /users/:user": "read:users:name",
  "POST /users/:user": "admin:users",
  "PATCH /users/:user": "admin:users",
  "DELETE /users/:user": "admin:users",
  "GET /users/:user/server": "read:servers",
  "POST /users/:user/server": "start:servers",
  "DELETE /users/:user/server": "delete:servers",
  "GET /users/:user/server/progress": "read:servers",
  "GET /users/:user/servers/:server": "read:servers",
  "POST /users/:user/servers/:server": "start:servers",
  "DELETE /users/:user/servers/:server": "delete:servers",
  "GET /users/:user/servers/:server/progress": "read:servers",
  "POST /users/:user/activity": "users:activity",
  "GET /users/:user/tokens": "read:tokens",
  "POST /users/:user/tokens": "tokens",
  "GET /users/:user/tokens/:id": "read:tokens",
  "DELETE /users/:user/tokens/:id": "tokens",
  "GET /groups": "read:groups",
  "POST /groups": "admin:groups",
  "GET /groups/:group": "read:groups",
  "POST /groups/:group": "admin:groups",
  "DELETE /groups/:group": "admin:groups",
  "POST /groups/:group/users": "groups",
  "DELETE /groups/:group/users": "groups",
  "GET /oauth2/authorize": "session",
  "POST /oauth2/token": "client",
};

let portal: Portal;
let admin: string;
const keyOf = ({ method, path }: RestRoute) => `${method} ${path}`;
const scoped = routes.filter((route) => (scopeNames as readonly string[]).includes(route.takes));
const nothingThere = "00000000-0000-4000-8000-000000000000";

beforeAll(async () => {
  portal = await startPortal();
  await portal.addUsers("ana", "bob");
  await portal.addAdmin("root");
  admin = await portal.signIn("root");
  await portal.startServer(await portal.signIn("ana"), "ana");
  await createGroup(portal.hub.systemContext("test"), { name: "physics" });
});
afterAll(() => portal.stop());

/** A path with people and things that are there, or that aren't, so that nothing is destroyed when it is allowed. */
function pathOf({ method, path }: RestRoute): string {
  const changes = method !== "GET" && /^\/(users|groups)\/:\w+$/.test(path);
  const filled = path
    .replace(":user", changes ? "nobody" : "ana")
    .replace(":group", changes ? "nothing" : "physics")
    .replace(":server", "none")
    .replace(":service", "none")
    .replace(":id", nothingThere);
  return `/hub/api${filled}`;
}

/** Bodies no route does anything with: the right to ask is looked at, or the body refused, before anything is done. */
const harmless: Readonly<Record<string, unknown>> = {
  "POST /users": { usernames: ["."] },
  "POST /users/:user": { admin: "no" },
  "POST /groups": { groups: ["/"] },
  "POST /groups/:group": { users: 7 },
  "POST /groups/:group/users": { users: ["nobody"] },
  "DELETE /groups/:group/users": { users: ["nobody"] },
  "POST /users/:user/tokens": { note: "", scopes: ["self"], expires_in: 60 },
  "POST /users/:user/server": { profile: "there is no such profile" },
  "POST /users/:user/servers/:server": { profile: "there is no such profile" },
};

async function tokenWith(scopes: readonly Scope[]): Promise<string> {
  const ctx = portal.hub.systemContext("test");
  return (await createToken(ctx, { user: "root", scopes: [...scopes], expiresInSeconds: 3600 })).token;
}

async function ask(route: RestRoute, headers: Record<string, string>, body?: unknown) {
  const withBody = route.method !== "GET";
  return await portal.ask(pathOf(route), {
    method: route.method,
    headers: { ...headers, ...(withBody ? { "content-type": "application/json" } : {}) },
    ...(withBody ? { body: JSON.stringify(body ?? harmless[keyOf(route)] ?? {}) } : {}),
  });
}

const holdsIt = (name: ScopeName, wanted: string) => expandScopes([name]).has(wanted as Scope);

test("the table names every route and no other, with what it takes", () => {
  expect(Object.fromEntries(routes.map((route) => [keyOf(route), route.takes]))).toEqual(authorisation);
});

describe.each(scoped.map((route) => [keyOf(route), route] as const))("%s", (_key, route) => {
  const takes = route.takes as ScopeName;

  test("answers to the scope of the table, and to no other", async () => {
    const wrong = scopeNames.filter((name) => name !== "self" && name !== "access:servers" && !holdsIt(name, takes));
    const refused = await ask(route, { authorization: `token ${await tokenWith(wrong)}` });
    expect(refused.status, refused.text).toBe(403);
    expect(refused.json()).toMatchObject({ status: 403, message: expect.any(String) });
    const allowed = await ask(route, { authorization: `token ${await tokenWith([takes])}` });
    expect(allowed.status, allowed.text).not.toBe(403);
    expect(allowed.status, allowed.text).toBeLessThan(502);
  });

  test("knows nobody without a token, with one that isn't one, and says so with 403 (never 401)", async () => {
    for (const headers of [{}, { authorization: "token berth_x" }, { authorization: "bearer x" }] as Record<
      string,
      string
    >[]) {
      const answer = await ask(route, headers);
      expect(answer.status).toBe(403);
      expect(answer.headers["x-jupyterhub-version"]).toMatch(/^5\.\d+\.\d+$/);
    }
  });
});

const ofOne = scoped.flatMap((route) => {
  const kind = /:(user|group)/.exec(route.path)?.[1];
  // Making, changing and deleting accounts and groups takes the whole right.
  const whole = route.takes === "admin:users" || (route.takes === "admin:groups" && route.method === "POST");
  return kind === undefined || whole ? [] : [{ key: keyOf(route), route, kind }];
});

test.each(ofOne)("$key: a filter holds the scope to its $kind", async ({ route, kind }) => {
  const of = async (whom: string) => {
    const scope = `${route.takes}!${kind}=${whom}` as Scope;
    return (await ask(route, { authorization: `token ${await tokenWith([scope])}` })).status;
  };
  const [right, wrong] =
    kind === "user" ? ["ana", "bob"] : [pathOf(route).includes("nothing") ? "nothing" : "physics", "chemistry"];
  expect(await of(wrong ?? "")).toBe(403);
  expect(await of(right ?? "")).not.toBe(403);
});

describe("S-07: with a login cookie", () => {
  const changing = routes.filter(({ method }) => method !== "GET");
  const sites = ["same-origin", "same-site", "cross-site", "none", null];
  const origins = () => [portal.url.origin, "null", "http://ana.users.localhost", "https://evil.example", null];
  const types = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    null,
  ];

  test.each(changing.map((route) => [keyOf(route), route] as const))(
    "%s changes nothing but from the portal's own page, in JSON",
    async (_key, route) => {
      const before = await allRows(portal.hub.db);
      for (const origin of origins())
        for (const site of sites)
          for (const type of types) {
            const own = origin === portal.url.origin && (site === "same-origin" || site === null);
            if (own && (type === "application/json" || route.takes === "client")) continue;
            const headers = {
              cookie: admin,
              ...(origin === null ? {} : { origin }),
              ...(site === null ? {} : { "sec-fetch-site": site }),
              ...(type === null ? {} : { "content-type": type }),
            };
            const answer = await send({ socketPath: portal.socketOf("api") }, pathOf(route), {
              method: route.method,
              headers,
              body: "{}",
            });
            expect(answer.status, `${origin} ${site} ${type}`).toBe(403);
          }
      expect(await allRows(portal.hub.db)).toEqual(before);
    },
  );

  test("asking never changes anything", async () => {
    const before = await allRows(portal.hub.db);
    for (const route of routes.filter(({ method, path }) => method === "GET" && path !== "/oauth2/authorize"))
      for (const method of ["GET", "HEAD"])
        expect(
          (await portal.ask(pathOf(route), { method, headers: { cookie: admin } })).status,
          pathOf(route),
        ).toBeLessThan(500);
    for (const route of routes)
      expect((await portal.ask(pathOf(route), { method: "OPTIONS", headers: { cookie: admin } })).status).toBe(405);
    expect(await allRows(portal.hub.db)).toEqual(before);
  });
});

describe("S-12: whatever comes in", () => {
  test("a body that is no JSON, no UTF-8, no object or too long is refused with a sentence", async () => {
    const authorization = `token ${await tokenWith(["admin:users", "admin:groups", "admin:servers"])}`;
    for (const body of ["{", "[]", "7", '"x"', `{"usernames": ["${"x".repeat(2 * 1024 * 1024)}"]}`]) {
      const answer = await portal.ask("/hub/api/users", { method: "POST", headers: { authorization }, body });
      expect(answer.status, body.slice(0, 20)).toBe(400);
      expect(answer.json().message).toEqual(expect.any(String));
    }
    const odd = { "content-type": "application/json", authorization };
    for (const body of ['{"usernames": 7}', '{"usernames": []}', '{"usernames": ["a\\u0000"]}', "{}", "null", ""])
      expect((await portal.ask("/hub/api/users", { method: "POST", headers: odd, body })).status, body).toBe(400);
  });

  test("an address that is no UTF-8, or is none, says so", async () => {
    const headers = { authorization: `token ${await tokenWith(["admin:users"])}` };
    expect((await portal.ask("/hub/api/users/%ff", { headers })).status).toBe(400);
    for (const path of ["/hub/api/nothing", "/hub/api/users/ana/nothing", "/hub/api//users", "/hub/api/users//server"])
      expect((await portal.ask(path, { headers })).status, path).toBe(404);
    const wrong = await portal.ask("/hub/api/users", { method: "DELETE", headers });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, "GET, POST"]);
  });
});
