import { gt, max } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "#db/schema/system.ts";
import { findServerById } from "#db/servers.ts";
import { scopeNames } from "#server/auth/scopes.ts";
import { createGroup } from "#server/groups/create.ts";
import { setRole } from "#server/groups/set-role.ts";
import type { RestRoute } from "#server/rest/route.ts";
import { routes } from "#server/rest/routes.ts";
import { startServer } from "#server/servers/start.ts";
import { createToken } from "#server/tokens/create.ts";
import { createUser } from "#server/users/create.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const everything = scopeNames.filter((name) => name !== "self" && name !== "access:servers");
let portal: Portal;
let count = 0;

beforeAll(async () => {
  portal = await startPortal({ config: { hub: { trustedUsers: true } } });
});
afterAll(() => portal.stop());

/** Made anew for each call: a user in a group, somebody else, the manager of another group, an admin; each with a token for all they may do. */
type World = {
  readonly owner: string;
  readonly other: string;
  readonly group: string;
  readonly tokens: Readonly<Record<"other" | "outsider" | "admin", string>>;
};

async function makeWorld(): Promise<World> {
  const n = ++count;
  const ctx = portal.hub.systemContext("test");
  const [owner, other, outsider, admin] = [`owner${n}`, `other${n}`, `outsider${n}`, `admin${n}`];
  for (const name of [owner, other, outsider]) await createUser(ctx, { name, password: null });
  await createUser(ctx, { name: admin, admin: true, password: null });
  await createGroup(ctx, { name: `group${n}`, users: [owner] });
  await createGroup(ctx, { name: `foreign${n}`, users: [outsider] });
  await setRole(ctx, { group: `foreign${n}`, user: outsider, role: "manager" });
  const tokenOf = async (user: string, scopes: readonly string[] | null = null) =>
    (await createToken(ctx, { user, scopes })).token;
  const tokens = {
    other: await tokenOf(other),
    outsider: await tokenOf(outsider, ["self", `groups!group=foreign${n}`, `servers!group=foreign${n}`]),
    admin: await tokenOf(admin, everything),
  };
  return { owner, other, group: `group${n}`, tokens };
}

type Call = { readonly params?: Readonly<Record<string, string>>; readonly body?: unknown };
type Entry = {
  /** What the call is about, beside the owner and the group that are there. */
  readonly prepare?: (world: World) => Promise<Call> | Call;
  /** The rows a call that went well leaves. */
  readonly audit: readonly string[];
};

async function running({ owner }: World, name: string): Promise<Call> {
  const { id } = await startServer(portal.hub.systemContext("test"), { user: owner, name });
  await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === "ready", "the server");
  return { params: { server: name } };
}

/** Every route that changes something. */
const mutations: Readonly<Record<string, Entry>> = {
  "POST /users": { prepare: ({ owner }) => ({ body: { usernames: [`${owner}-new`] } }), audit: ["user.create"] },
  "POST /users/:user": { prepare: ({ owner }) => ({ params: { user: `${owner}-new` } }), audit: ["user.create"] },
  "PATCH /users/:user": { prepare: () => ({ body: { admin: true } }), audit: ["user.make-admin"] },
  "DELETE /users/:user": { audit: ["user.disable", "user.delete"] },
  "POST /users/:user/server": { audit: ["server.start"] },
  "DELETE /users/:user/server": { prepare: (world) => running(world, ""), audit: ["server.stop"] },
  "POST /users/:user/servers/:server": {
    prepare: () => ({ params: { server: "second" } }),
    audit: ["server.start"],
  },
  "DELETE /users/:user/servers/:server": { prepare: (world) => running(world, "second"), audit: ["server.stop"] },
  // Each running server says it every few minutes: the time itself is kept, and no row for it.
  "POST /users/:user/activity": {
    prepare: () => ({ body: { last_activity: new Date().toISOString() } }),
    audit: [],
  },
  "POST /users/:user/tokens": { audit: ["token.create"] },
  "DELETE /users/:user/tokens/:id": {
    prepare: async ({ owner }) => {
      const made = await createToken(portal.hub.systemContext("test"), { user: owner });
      return { params: { id: made.row.id } };
    },
    audit: ["token.revoke"],
  },
  "POST /groups": { prepare: ({ group }) => ({ body: { groups: [`${group}-new`] } }), audit: ["group.create"] },
  "POST /groups/:group": {
    prepare: ({ group, owner }) => ({ params: { group: `${group}-new` }, body: { users: [owner] } }),
    audit: ["group.create", "group.add-members"],
  },
  "DELETE /groups/:group": { audit: ["group.delete"] },
  "POST /groups/:group/users": {
    prepare: ({ other }) => ({ body: { users: [other] } }),
    audit: ["group.add-members"],
  },
  "DELETE /groups/:group/users": {
    prepare: ({ owner }) => ({ body: { users: [owner] } }),
    audit: ["group.remove-members"],
  },
};

const keyOf = ({ method, path }: RestRoute) => `${method} ${path}`;
const answering501 = ["POST /proxy", "PATCH /proxy", "POST /shutdown"];

async function call(key: string, world: World, token: string, { params = {}, body }: Call) {
  const [method = "", path = ""] = key.split(" ");
  const named: Readonly<Record<string, string>> = { user: world.owner, group: world.group, ...params };
  const filled = path.replaceAll(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(named[name] ?? "none"));
  return await portal.ask(`/hub/api${filled}`, {
    method,
    headers: { authorization: `token ${token}`, "content-type": "application/json" },
    ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}) }),
  });
}

async function auditAfter(id: number) {
  return await portal.hub.db.select().from(audit).where(gt(audit.id, id)).orderBy(audit.id);
}

async function lastAuditId(): Promise<number> {
  const [row] = await portal.hub.db.select({ id: max(audit.id) }).from(audit);
  return row?.id ?? 0;
}

test("the table names every route that changes something", () => {
  const changing = routes.filter(({ method, takes }) => method !== "GET" && takes !== "client").map(keyOf);
  expect([...Object.keys(mutations), ...answering501].sort()).toEqual(changing.sort());
});

describe.each(Object.entries(mutations))("%s", (key, { prepare, audit: actions }) => {
  test("by an admin is put on record with who, what and whom (S-93)", async () => {
    const world = await makeWorld();
    const asked = (await prepare?.(world)) ?? {};
    const before = await lastAuditId();
    const answer = await call(key, world, world.tokens.admin, asked);
    expect(answer.status, answer.text).toBeLessThan(300);
    const rows = await auditAfter(before);
    expect(rows.map(({ action }) => action)).toEqual(actions);
    for (const row of rows) {
      expect(row.actorName).toBe(`admin${count}`);
      expect(row.target).toMatch(/^(user|group|server|token):[0-9a-f-]{36}$/);
    }
  });

  test("S-33: by somebody with no business there is refused, and writes nothing", async () => {
    const world = await makeWorld();
    const asked = (await prepare?.(world)) ?? {};
    const before = await allRows(portal.hub.db);
    for (const who of ["other", "outsider"] as const) {
      const answer = await call(key, world, world.tokens[who], asked);
      expect([403, 404], `${who}: ${answer.text}`).toContain(answer.status);
    }
    expect(await allRows(portal.hub.db)).toEqual(before);
  });
});

const aboutOne = routes.filter(({ path }) => /:(user|group)/.test(path)).map(keyOf);

test.each(aboutOne)("S-31, S-33: %s says the same of another's as of what isn't there", async (key) => {
  const world = await makeWorld();
  const asked = (await mutations[key]?.prepare?.(world)) ?? {};
  const missing = { ...world, owner: "nobody", group: "nothing" };
  const isNew = asked.params?.user !== undefined || asked.params?.group !== undefined;
  const theirs = await call(key, world, world.tokens.other, asked);
  const nobodys = await call(key, isNew ? world : missing, world.tokens.other, asked);
  const plain = (text: string) => text.replaceAll(/nobody|nothing|owner\d+|group\d+|[0-9a-f-]{36}/g, "…");
  expect([403, 404], theirs.text).toContain(theirs.status);
  expect([theirs.status, plain(theirs.text)]).toEqual([nobodys.status, plain(nobodys.text)]);
});

test("S-33: another's token can't be named under one's own account", async () => {
  const world = await makeWorld();
  const made = await createToken(portal.hub.systemContext("test"), { user: world.owner });
  const params = { user: world.other, id: made.row.id };
  const before = await allRows(portal.hub.db);
  for (const key of ["GET /users/:user/tokens/:id", "DELETE /users/:user/tokens/:id"])
    expect((await call(key, world, world.tokens.other, { params })).status).toBe(404);
  expect(await allRows(portal.hub.db)).toEqual(before);
});
