import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { accessGrants } from "#db/schema/servers.ts";
import { findServerById } from "#db/servers.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { createToken } from "#server/tokens/create.ts";
import { createUser } from "#server/users/create.ts";
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
