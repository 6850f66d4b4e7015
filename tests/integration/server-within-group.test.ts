import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { servers } from "#db/schema/servers.ts";
import { searchServers } from "#db/servers.ts";
import type { User } from "#db/users.ts";
import { mayDo } from "#server/auth/require-scope.ts";
import { reachOf } from "#server/auth/scopes.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { asUser, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
let boss: TestContext;
beforeAll(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  const [ana, manager] = [await makeUser(ctx, "ana"), await makeUser(ctx, "boss")];
  const physics = await makeGroup("physics", [ana, manager]);
  const chemistry = await makeGroup("chemistry", [ana]);
  await makeServer(ana, "for-physics", physics);
  await makeServer(ana, "for-chemistry", chemistry);
  await makeServer(ana, "for-nobody", null);
  boss = asUser(ctx, manager, undefined, [{ group: "physics", role: "manager" }]);
});
afterAll(() => database.drop());

async function makeGroup(name: string, members: readonly User[]): Promise<string> {
  const [row] = await ctx.db.insert(groups).values({ name }).returning();
  for (const { id } of members) await ctx.db.insert(groupMembers).values({ groupId: row?.id ?? "", userId: id });
  return row?.id ?? "";
}

async function makeServer(user: User, name: string, groupId: string | null): Promise<void> {
  const values = { userId: user.id, name, groupId, namespace: "n", objectName: randomUUID(), originLabel: user.name };
  await ctx.db.insert(servers).values(values);
}

test("S-30: a manager reaches what a member runs for their group or for none, not what they run for another", async () => {
  const stops = (server: string) => mayDo(boss, "delete:servers", { user: "ana", server });
  expect(await stops("for-physics")).toBe(true);
  expect(await stops("for-nobody")).toBe(true);
  expect(await stops("never-started")).toBe(true);
  expect(await stops("for-chemistry")).toBe(false);
});

test("S-31: the list of servers is cut the same way", async () => {
  const question = { search: "", phase: null, sort: "owner", offset: 0, limit: 10 } as const;
  const { items, total } = await searchServers(ctx.db, { ...question, reach: reachOf(boss.actor, "read:servers") });
  expect(items.map(({ server }) => server.name).sort()).toEqual(["for-nobody", "for-physics"]);
  expect(total).toBe(2);
});
