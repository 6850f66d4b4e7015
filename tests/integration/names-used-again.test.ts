import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { accessGrants } from "#db/schema/servers.ts";
import { findServerById } from "#db/servers.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { startAgain } from "#server/servers/restart.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createToken } from "#server/tokens/create.ts";
import { createUser } from "#server/users/create.ts";
import { freshDatabase } from "#tests/database.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
let root: string;
let admin: string;
let ana: string;
let count = 0;

beforeAll(async () => {
  portal = await startPortal({ config: { hub: { trustedUsers: true } } });
  await portal.addUsers("mia");
  await portal.addAdmin("root");
  root = await portal.signIn("root");
  await createGroup(system(), { name: "physics" });
  admin = await tokenOf("root", ["admin:users", "admin:servers", "servers", "admin:groups"]);
});
afterAll(() => portal.stop());
beforeEach(async () => {
  ana = `ana${++count}`;
  await portal.addUsers(ana);
});

const system = () => portal.hub.systemContext("test");

async function tokenOf(user: string, scopes: readonly string[] | null = null): Promise<string> {
  return (await createToken(system(), { user, scopes })).token;
}

async function ask(token: string, method: string, path: string) {
  return await portal.ask(`/hub/api${path}`, { method, headers: { authorization: `token ${token}` } });
}

test("S-32, S-33: whoever is given a deleted user's name has nothing of theirs, and nobody has over them what was given for the other", async () => {
  await addMembers(system(), { group: "physics", users: [ana] });
  const cookie = await portal.signIn(ana);
  const own = await tokenOf(ana);
  const others = await Promise.all(
    [`servers!user=${ana}`, `read:servers!server=${ana}/second`].map((scope) => tokenOf("root", [scope])),
  );
  const bystander = await tokenOf("root", [`servers!user=${ana}0`]);
  expect((await ask(admin, "DELETE", `/users/${ana}`)).status).toBe(204);
  await createUser(system(), { name: ana, password: "another horse battery" });
  await startServer(system(), { user: ana, name: "second" });
  expect((await portal.query(cookie, "me.get", undefined)).code).toBe("unauthenticated");
  for (const token of [own, ...others])
    expect((await ask(token, "GET", `/users/${ana}/servers/second`)).json(), token).toMatchObject({ status: 403 });
  expect((await ask(bystander, "GET", "/user")).status).toBe(200);
  const model = (await ask(admin, "GET", `/users/${ana}`)).json();
  expect(model).toMatchObject({
    name: ana,
    admin: false,
    groups: [],
    servers: { second: { ready: expect.anything() } },
  });
  expect(Object.keys((model as { servers: object }).servers)).toEqual(["second"]);
  expect(await portal.trySignIn(ana)).toMatchObject({ kind: "refused" });
});

test("S-32: a new server of a deleted one's name is open to none of its tokens, nor to who had leave to enter that one", async () => {
  const id = await startServer(system(), { user: ana, name: "second" }).then((server) => server.id);
  await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === "ready", "the server");
  const opened = await portal.mutate(root, "servers.open", { user: ana, name: "second", reason: "they asked me to" });
  expect(opened.code, opened.message).toBeNull();
  const token = await tokenOf(ana, [`access:servers!server=${ana}/second`]);
  await stopServer(system(), { user: ana, name: "second" });
  await until(async () => (await findServerById(portal.hub.db, id))?.server.phase === "stopped", "the end");
  expect((await portal.mutate(root, "servers.delete", { user: ana, name: "second" })).code).toBeNull();
  const again = await portal.startServer(await portal.signIn(ana), ana, "second");
  expect(again).not.toBe(id);
  expect(await portal.hub.db.select().from(accessGrants)).toEqual([]);
  const place = { host: portal.url.host, origin: portal.url.origin, cookie: root };
  expect([403, 404]).toContain((await portal.get(place, `/user/${ana}/second/api/kernels`)).status);
  const asked = await portal.ask(`/user/${ana}/second/api/kernels`, { headers: { authorization: `token ${token}` } });
  expect(asked.status).toBe(403);
});

/** One portal after the other on one database: what a file says today, and what it said before. */
async function inTurn(steps: readonly [config: object, what: (on: Portal) => Promise<void>][]): Promise<void> {
  const database = await freshDatabase();
  try {
    for (const [config, what] of steps) {
      const on = await startPortal({ databaseUrl: database.url, config: { hub: { trustedUsers: true }, ...config } });
      await what(on).finally(() => on.stop());
    }
  } finally {
    await database.drop();
  }
}

test("S-32: a profile of a name that was there before is whose it is today, also for a server that once ran with it", async () => {
  const profiles = (more: object) => ({
    singleuser: {
      profileList: [
        { display_name: "Small", slug: "small", default: true },
        { display_name: "Large", slug: "large", ...more },
      ],
    },
  });
  const start = (on: Portal, profile?: string) =>
    startServer(on.hub.systemContext("test"), { user: "ana", ...(profile === undefined ? {} : { profile }) });
  const stop = async (on: Portal) => {
    const { id } = await stopServer(on.hub.systemContext("test"), { user: "ana" });
    await until(async () => (await findServerById(on.hub.db, id))?.server.phase === "stopped", "the end");
  };
  await inTurn([
    [
      profiles({}),
      async (on) => {
        await on.addUsers("ana");
        const { id } = await start(on, "large");
        await until(async () => (await findServerById(on.hub.db, id))?.server.phase === "ready", "the server");
        await stop(on);
      },
    ],
    [{ singleuser: { profileList: [{ display_name: "Small", slug: "small", default: true }] } }, async () => undefined],
    [
      profiles({ allowed_groups: ["physics"] }),
      async (on) => {
        const ctx = on.hub.systemContext("test");
        await expect(startAgain(ctx, { user: "ana" })).rejects.toMatchObject({ code: "forbidden" });
        await expect(start(on, "large")).rejects.toMatchObject({ code: "forbidden" });
        await createGroup(ctx, { name: "physics", users: ["ana"] });
        await startAgain(ctx, { user: "ana" });
        await stop(on);
      },
    ],
  ]);
});

test("S-32: a role of a name that was there before gives nothing to who had it then, nor to the tokens they made with it", async () => {
  const role = (users: readonly string[]) => ({
    hub: { trustedUsers: true, loadRoles: { helper: { scopes: ["admin:users"], users: [...users] } } },
  });
  const tokens: Record<string, string> = {};
  const sees = async (on: Portal, name: string) =>
    (await on.ask("/hub/api/users", { headers: { authorization: `token ${tokens[name] ?? ""}` } })).status;
  await inTurn([
    [
      role(["ana"]),
      async (on) => {
        await on.addUsers("ana", "bob");
        const cookie = await on.signIn("ana");
        const made = await on.mutate(cookie, "tokens.create", {
          note: "",
          scopes: ["list:users"],
          expiresInSeconds: 3600,
        });
        expect(made.code, made.message).toBeNull();
        tokens.ana = (made.data as { token: string }).token;
        expect(await sees(on, "ana")).toBe(200);
      },
    ],
    [{}, async (on) => expect(await sees(on, "ana")).toBe(403)],
    [
      role(["bob"]),
      async (on) => {
        expect(await sees(on, "ana")).toBe(403);
        tokens.bob = (await createToken(on.hub.systemContext("test"), { user: "bob", scopes: ["list:users"] })).token;
        expect(await sees(on, "bob")).toBe(200);
      },
    ],
  ]);
});
