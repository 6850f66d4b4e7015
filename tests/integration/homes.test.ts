import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { lockHomeWithOwner } from "#db/home-list.ts";
import { groups } from "#db/schema/groups.ts";
import { homes } from "#db/schema/homes.ts";
import { reservations, servers } from "#db/schema/servers.ts";
import type { User } from "#db/users.ts";
import { deleteHome } from "#server/homes/delete.ts";
import { listHomes } from "#server/homes/list.ts";
import { removeDeletedHomes } from "#server/homes/remove-deleted.ts";
import { undoDeleteHome } from "#server/homes/undo-delete.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";
import { asUser, auditOf, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
let ana: User;
let made = 0;
beforeAll(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  ana = await makeUser(ctx, "ana");
});
afterAll(() => database.drop());

async function makeHome(more: Partial<typeof homes.$inferInsert> = {}) {
  made += 1;
  const values = { userId: ana.id, namespace: "n", name: `home-${made}`, capacityBytes: 10, ...more };
  const [row] = await ctx.db.insert(homes).values(values).returning();
  if (row === undefined) throw new Error("the database kept no home");
  return row;
}

async function use(homeId: string): Promise<string> {
  const name = `s${made}`;
  const values = { userId: ana.id, name, namespace: "n", objectName: name, originLabel: "ana", homeId };
  const [server] = await ctx.db.insert(servers).values(values).returning();
  const share = { cpuRequestMillicores: 1, cpuLimitMillicores: 1, memoryRequestBytes: 1, memoryLimitBytes: 1, gpus: 0 };
  await ctx.db.insert(reservations).values({ serverId: server?.id ?? "", userId: ana.id, generation: 1, ...share });
  return server?.id ?? "";
}

const rowOf = async (id: string) => (await ctx.db.select().from(homes).where(eq(homes.id, id)))[0];
const stateOf = async (id: string) =>
  (await listHomes(ctx, { search: (await rowOf(id))?.name })).items.map(({ deletedAt }) => deletedAt !== null);

describe("a home that is deleted", () => {
  test("keeps its files until its time is over, then they go for good and that is on record", async () => {
    const home = await makeHome({ claimUid: "uid-1" });
    const spawner = new FakeSpawner();
    const { removeAfter } = await deleteHome(ctx, { id: home.id, confirm: home.name });
    expect(removeAfter.getTime() - ctx.clock.now().getTime()).toBe(14 * 86_400_000);
    expect(await removeDeletedHomes(ctx, spawner)).toBe(0);
    ctx.clock.advance(14 * 86_400 + 1);
    expect(await removeDeletedHomes(ctx, spawner)).toBe(1);
    expect(await removeDeletedHomes(ctx, spawner)).toBe(0);
    expect(spawner.removedHomes).toEqual([{ homeId: home.id, namespace: "n", name: home.name, claimUid: "uid-1" }]);
    expect((await auditOf(ctx.db, `home:${home.id}`)).map(({ action }) => action)).toEqual([
      "home.delete",
      "home.remove",
    ]);
    await expect(undoDeleteHome(ctx, { id: home.id })).rejects.toMatchObject({ code: "not-found" });
  });

  test("comes back when somebody says so in time", async () => {
    const home = await makeHome();
    await deleteHome(ctx, { id: home.id, confirm: home.name });
    expect(await stateOf(home.id)).toEqual([true]);
    await undoDeleteHome(ctx, { id: home.id });
    ctx.clock.advance(20 * 86_400);
    expect(await removeDeletedHomes(ctx, new FakeSpawner())).toBe(0);
    expect(await stateOf(home.id)).toEqual([false]);
  });

  test("stays on the list when its files can't be removed, and the next round tries again", async () => {
    const home = await makeHome();
    await deleteHome(ctx, { id: home.id, confirm: home.name });
    ctx.clock.advance(15 * 86_400);
    const spawner = new FakeSpawner();
    spawner.unreachable = true;
    await expect(removeDeletedHomes(ctx, spawner)).rejects.toThrow();
    expect(await stateOf(home.id)).toEqual([true]);
    spawner.unreachable = false;
    expect(await removeDeletedHomes(ctx, spawner)).toBe(1);
  });

  test("isn't deleted while a server uses it, nor without its name typed", async () => {
    const home = await makeHome();
    await use(home.id);
    await expect(deleteHome(ctx, { id: home.id, confirm: "another" })).rejects.toMatchObject({ code: "invalid" });
    await expect(deleteHome(ctx, { id: home.id, confirm: home.name })).rejects.toMatchObject({
      code: "conflict",
      publicMessage: expect.stringContaining("Stop it first"),
    });
    expect((await rowOf(home.id))?.deletedAt).toBeNull();
  });

  test("can't be brought back in the moment its files go", async () => {
    const home = await makeHome();
    await deleteHome(ctx, { id: home.id, confirm: home.name });
    ctx.clock.advance(15 * 86_400);
    const order: string[] = [];
    let undone: Promise<void> = Promise.resolve();
    const spawner = new FakeSpawner();
    spawner.before = (call) => {
      if (call !== "removeHome") return;
      undone = undoDeleteHome(ctx, { id: home.id }).catch((error: Error) => void order.push(error.name));
    };
    await removeDeletedHomes(ctx, spawner);
    await undone;
    expect(order).toEqual(["HubError"]);
    expect(await inTransaction(ctx.db, (tx) => lockHomeWithOwner(tx, home.id))).toMatchObject({
      home: { removedAt: expect.any(Date) },
    });
  });
});

test("a group's managers see the homes of their group and no others", async () => {
  const [physics] = await ctx.db.insert(groups).values({ name: "physics" }).returning();
  const mine = await makeHome({ groupId: physics?.id ?? null });
  await makeHome();
  const manager = asUser(ctx, ana, undefined, [{ group: "physics", role: "manager" }]);
  expect((await listHomes(manager, { group: "physics" })).items.map(({ id }) => id)).toEqual([mine.id]);
  await expect(listHomes(manager, {})).rejects.toMatchObject({ code: "forbidden" });
  await expect(listHomes(manager, { group: "chemistry" })).rejects.toMatchObject({ code: "forbidden" });
});
