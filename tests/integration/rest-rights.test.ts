import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Scope, scopeNames } from "#server/auth/scopes.ts";
import { createGroup } from "#server/groups/create.ts";
import { createToken } from "#server/tokens/create.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

let portal: Portal;
let helpdesk: string;
let root: string;

beforeAll(async () => {
  portal = await startPortal({
    config: {
      hub: {
        loadRoles: {
          helpdesk: {
            scopes: ["admin:users", "list:users", "groups", "admin:groups"],
            users: ["hedy"],
            groups: ["desk"],
          },
          operator: { scopes: ["admin:servers", "shutdown"], users: ["later"], groups: ["ops"] },
        },
      },
    },
  });
  await portal.addUsers("ana", "bob", "hedy");
  await portal.addAdmin("root");
  await createGroup(portal.hub.systemContext("test"), { name: "physics" });
  await createGroup(portal.hub.systemContext("test"), { name: "ops", users: ["bob"] });
  helpdesk = await tokenOf("hedy", null);
  root = await tokenOf(
    "root",
    scopeNames.filter((name) => name !== "self" && name !== "access:servers"),
  );
});
afterAll(() => portal.stop());

async function tokenOf(user: string, scopes: readonly Scope[] | null): Promise<string> {
  const ctx = portal.hub.systemContext("test");
  return (await createToken(ctx, { user, scopes: scopes === null ? null : [...scopes] })).token;
}

/** The body goes as text: `__proto__` would be lost in an object. */
async function ask(token: string, method: string, path: string, body = "{}") {
  const headers = { authorization: `token ${token}`, "content-type": "application/json" };
  return await portal.ask(`/hub/api${path}`, { method, headers, ...(method === "GET" ? {} : { body }) });
}

const procedure = (token: string, path: string, input: unknown) =>
  portal.mutateWith({ authorization: `token ${token}` }, path, input);
const rows = () => allRows(portal.hub.db, ["audit", "tokens"]);

describe("S-30: who may only run accounts", () => {
  test.each([
    ["PATCH", "/users/hedy", '{"admin":true}', 403],
    ["PATCH", "/users/ana", '{"admin":true}', 403],
    ["PATCH", "/users/root", '{"admin":false}', 403],
    ["PATCH", "/users/hedy", '{"roles":["admin"]}', 400],
    ["PATCH", "/users/hedy", '{"groups":["desk"]}', 400],
    ["PATCH", "/users/hedy", '{"quota":{"servers":99}}', 400],
    ["PATCH", "/users/hedy", '{"id":"00000000-0000-4000-8000-000000000000"}', 400],
    ["PATCH", "/users/hedy", '{"__proto__":{"admin":true}}', 400],
    ["PATCH", "/users/root", '{"password":"correct horse battery"}', 400],
    ["PATCH", "/users/root", '{"identity":{"subject":"me"}}', 400],
    ["POST", "/users/eve", '{"admin":true}', 403],
    ["POST", "/users/eve", '{"roles":["admin"]}', 400],
    ["POST", "/users", '{"usernames":["eve"],"admin":true}', 403],
    ["POST", "/users", '{"usernames":["eve"],"is_admin":true}', 400],
    ["DELETE", "/users/root", "{}", 403],
    ["POST", "/users/later", "{}", 403],
    ["POST", "/groups/ops/users", '{"users":["hedy"]}', 403],
    ["POST", "/groups/ops/users", '{"users":["ana"]}', 403],
    ["POST", "/groups/physics/users", '{"users":["root"]}', 403],
    ["POST", "/users/root/tokens", "{}", 403],
    ["POST", "/users/hedy/tokens", '{"scopes":["admin:servers"]}', 403],
    ["POST", "/users/hedy/tokens", '{"user":"root"}', 400],
    ["DELETE", "/users/hedy/server", '{"remove":false,"user":"root"}', 400],
    ["DELETE", "/users/hedy/servers/second", '{"remove":"yes"}', 400],
  ])("%s %s %s is refused with %i, over REST", async (method, path, body, status) => {
    const before = await rows();
    const answer = await ask(helpdesk, method, path, body);
    expect([answer.status, answer.json().message]).toEqual([status, expect.any(String)]);
    expect(await rows()).toEqual(before);
  });

  test.each([
    ["users.setAdmin", { name: "hedy", admin: true }, 403],
    ["users.setAdmin", { name: "root", admin: false }, 403],
    ["users.setAdmin", { name: "ana", admin: true, roles: ["admin"] }, 400],
    ["users.setDisabled", { name: "root", disabled: true }, 403],
    ["users.create", { name: "eve", admin: true }, 403],
    ["users.create", { name: "eve", id: "1" }, 400],
    ["me.changePassword", { user: "root", current: "x", next: "correct horse battery" }, 400],
    ["groups.addMembers", { group: "ops", users: ["ana"] }, 403],
    ["groups.setRole", { group: "ops", user: "bob", role: "manager" }, 403],
    ["groups.rename", { group: "physics", name: "desk" }, 409],
    ["tokens.create", { user: "root" }, 403],
  ])("%s %j is refused with %i, over tRPC", async (path, input, status) => {
    const before = await rows();
    expect((await procedure(helpdesk, path, input)).status).toBe(status);
    expect(await rows()).toEqual(before);
  });

  test.each([
    ["root,disabled", "an admin"],
    ["later,", "a name that a role waits for"],
  ])("can't do it by a file of users either: “%s”, %s", async (line) => {
    const text = `user,state\nplain,\n${line}\n`;
    const { token } = (await procedure(helpdesk, "users.previewCsv", { text })).data as { token: string };
    const before = await rows();
    expect((await procedure(helpdesk, "users.applyCsv", { text, token })).status).toBe(403);
    expect(await rows()).toEqual(before);
  });

  test("runs the accounts of plain users, and an admin makes admins", async () => {
    expect((await ask(helpdesk, "POST", "/users/plain")).status).toBe(201);
    expect((await procedure(helpdesk, "users.setDisabled", { name: "plain", disabled: true })).status).toBe(200);
    expect((await ask(helpdesk, "DELETE", "/users/plain")).status).toBe(204);
    expect((await ask(root, "POST", "/users/second", '{"admin":true}')).status).toBe(201);
    expect((await ask(root, "DELETE", "/users/second")).status).toBe(204);
    expect((await ask(helpdesk, "POST", "/groups/physics/users", '{"users":["ana"]}')).status).toBe(200);
    expect((await ask(root, "POST", "/groups/ops/users", '{"users":["ana"]}')).status).toBe(200);
  });
});

test("a group whose members aren't all there isn't made", async () => {
  const before = await rows();
  const answer = await ask(root, "POST", "/groups/biology", '{"users":["ana","nobody"]}');
  expect([answer.status, answer.json().message]).toEqual([
    404,
    "There is no user called “nobody”. Nobody was changed.",
  ]);
  expect(await rows()).toEqual(before);
  expect((await ask(root, "POST", "/groups/biology", '{"users":["ana"]}')).status).toBe(201);
});

test("one bad name among several makes nothing, and says which", async () => {
  const before = await rows();
  const users = await ask(root, "POST", "/users", '{"usernames":["fine","a\\u202eb"]}');
  const groups = await ask(root, "POST", "/groups", '{"groups":["fine","not/fine"]}');
  expect([users.status, groups.status]).toEqual([400, 400]);
  expect(groups.json().message).toContain("“/”");
  expect(await rows()).toEqual(before);
});
