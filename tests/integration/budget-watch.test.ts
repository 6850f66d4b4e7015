import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { groups } from "#db/schema/groups.ts";
import { serverRuns } from "#db/schema/runs.ts";
import { reservations, servers } from "#db/schema/servers.ts";
import type { Budget } from "#db/schema/settings.ts";
import type { User } from "#db/users.ts";
import { BudgetWatch } from "#server/usage/budget-watch.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { auditOf, makeUser, streamOf, type TestContext, testContext } from "#tests/verb-context.ts";

const hourMs = 3_600_000;
let database: FreshDatabase;
let ctx: TestContext;
let ana: User;
let watch: BudgetWatch;
beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  ana = await makeUser(ctx, "ana");
  watch = new BudgetWatch(ctx);
});
afterEach(() => database.drop());

async function runningServer(whenSpent: Budget["whenSpent"], hours: number): Promise<string> {
  const budget: Budget = { windowDays: 7, group: { cpuHours: 10 }, member: {}, whenSpent };
  const [group] = await ctx.db.insert(groups).values({ name: "physics", budget }).returning();
  const groupId = group?.id ?? "";
  const place = { namespace: "n", objectName: randomUUID(), originLabel: "ana" };
  const [server] = await ctx.db
    .insert(servers)
    .values({ userId: ana.id, name: "", groupId, phase: "ready", desired: "running", generation: 1, ...place })
    .returning();
  const serverId = server?.id ?? "";
  const share = { cpuRequestMillicores: 1, cpuLimitMillicores: 1, memoryRequestBytes: 1, memoryLimitBytes: 1, gpus: 0 };
  await ctx.db.insert(reservations).values({ serverId, groupId, userId: ana.id, generation: 1, ...share });
  const startedAt = new Date(ctx.clock.now().getTime() - hours * hourMs);
  const run = { profileSlug: "small", cpuMillicores: 1000, memoryBytes: 1, wishedAt: startedAt, startedAt };
  await ctx.db.insert(serverRuns).values({ serverId, groupId, userId: ana.id, generation: 1, ...run });
  return serverId;
}

const rowOf = async (id: string) => {
  const [row] = await ctx.db.select().from(servers).where(eq(servers.id, id));
  return { desired: row?.desired, stopAt: row?.stopAt, stopWhy: row?.stopWhy, lastStop: row?.lastStop };
};
async function later(seconds: number): Promise<void> {
  ctx.clock.advance(seconds);
  await watch.look();
}

test("a server that spends its group's last hour is warned, then stopped, and says why", async () => {
  const id = await runningServer("stop", 9.9);
  await watch.look();
  expect(await rowOf(id)).toMatchObject({ desired: "running", stopAt: null });
  await later(0.2 * 3600);
  const stopAt = new Date(ctx.clock.now().getTime() + 600_000);
  expect(await rowOf(id)).toMatchObject({ desired: "running", stopAt, stopWhy: "budget" });
  expect(await streamOf(ctx.db)).toContainEqual({ type: "server", serverId: id });
  await later(300);
  await later(200);
  expect(await rowOf(id)).toMatchObject({ desired: "running" });
  await later(400);
  expect(await rowOf(id)).toMatchObject({
    desired: "stopped",
    stopAt: null,
    lastStop: { reason: "budget", message: expect.stringContaining("of 10 CPU hours of the last 7 days") },
  });
  expect((await auditOf(ctx.db, `server:${id}`)).map(({ action }) => action)).toEqual(["server.stop-for-budget"]);
  await later(60);
  expect(await auditOf(ctx.db, `server:${id}`)).toHaveLength(1);
});

test("a group that only refuses starts stops nothing", async () => {
  const id = await runningServer("refuse-start", 100);
  await watch.look();
  expect(await rowOf(id)).toMatchObject({ desired: "running", stopAt: null });
});

test("a budget that is raised in time takes the warning back", async () => {
  const id = await runningServer("stop", 11);
  await watch.look();
  expect(await rowOf(id)).toMatchObject({ stopWhy: "budget" });
  await ctx.db.update(groups).set({ budget: null });
  await later(700);
  expect(await rowOf(id)).toMatchObject({ desired: "running", stopAt: null, stopWhy: null });
});

test("two hubs stop it once, and a hub that has just come waits for the whole warning", async () => {
  const id = await runningServer("stop", 11);
  await watch.look();
  ctx.clock.advance(3600);
  const newcomer = new BudgetWatch(ctx);
  await newcomer.look();
  expect(await rowOf(id)).toMatchObject({ desired: "running" });
  await Promise.all([watch.look(), newcomer.look()]);
  ctx.clock.advance(600);
  await Promise.all([watch.look(), newcomer.look()]);
  expect(await rowOf(id)).toMatchObject({ desired: "stopped" });
  expect(await auditOf(ctx.db, `server:${id}`)).toHaveLength(1);
});
