import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { serverRuns } from "#db/schema/runs.ts";
import type { Budget } from "#db/schema/settings.ts";
import { sumUsage, usageBy, usageOverTime } from "#db/usage.ts";
import type { User } from "#db/users.ts";
import { exportUsageCsv } from "#server/usage/export-csv.ts";
import { usageOfUser } from "#server/usage/mine.ts";
import { refuseOverBudget } from "#server/usage/refuse-over-budget.ts";
import { setBudget } from "#server/usage/set-budget.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { asUser, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

const gib = 1024 ** 3;
const hourMs = 3_600_000;
let database: FreshDatabase;
let ctx: TestContext;
let now: Date;

beforeAll(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  now = ctx.clock.now();
});
afterAll(() => database.drop());

const hoursAgo = (hours: number) => new Date(now.getTime() - hours * hourMs);
let made = 0;

async function makeGroup(budget: Budget | null = null): Promise<{ id: string; name: string; budget: Budget | null }> {
  made += 1;
  const [row] = await ctx.db
    .insert(groups)
    .values({ name: `group-${made}`, budget })
    .returning();
  if (row === undefined) throw new Error("the database kept no group");
  return { id: row.id, name: row.name, budget };
}

type Run = { user: User; groupId: string | null; from: number; to: number | null; cpu?: number; gpus?: number };

async function ran({ user, groupId, from, to, cpu = 2, gpus = 0 }: Run): Promise<void> {
  await ctx.db.insert(serverRuns).values({
    serverId: randomUUID(),
    groupId,
    userId: user.id,
    generation: 1,
    profileSlug: "small",
    cpuMillicores: cpu * 1000,
    memoryBytes: 4 * gib,
    gpus,
    wishedAt: hoursAgo(from),
    startedAt: hoursAgo(from),
    finishedAt: to === null ? null : hoursAgo(to),
  });
}

describe("what was used", () => {
  test("is hours times CPUs, memory and GPUs, cut at the window's ends", async () => {
    const [user, group] = [await makeUser(ctx, "cut"), await makeGroup()];
    await ran({ user, groupId: group.id, from: 30, to: 23, gpus: 1 });
    await ran({ user, groupId: group.id, from: 3, to: 1 });
    await ran({ user, groupId: group.id, from: 50, to: 40 });
    const window = { from: hoursAgo(24), to: now };
    expect(await sumUsage(ctx.db, { groupId: group.id }, window)).toEqual({
      serverHours: 3,
      cpuHours: 6,
      memoryGibHours: 12,
      gpuHours: 1,
    });
  });

  test("of a server that runs on goes up to now", async () => {
    const [user, group] = [await makeUser(ctx, "open"), await makeGroup()];
    await ran({ user, groupId: group.id, from: 5, to: null });
    const { serverHours } = await sumUsage(ctx.db, { groupId: group.id }, { from: hoursAgo(24), to: now });
    expect(serverHours).toBe(5);
  });

  test("adds up over the pieces of a plot, with empty pieces where nothing ran", async () => {
    const [user, group] = [await makeUser(ctx, "plot"), await makeGroup()];
    await ran({ user, groupId: group.id, from: 5.5, to: 3 });
    const window = { from: hoursAgo(8), to: now, bucketSeconds: 3600 };
    const buckets = await usageOverTime(ctx.db, { groupId: group.id }, window);
    expect(buckets.map(({ serverHours }) => serverHours)).toEqual([0, 0, 0.5, 1, 1, 0, 0, 0]);
    expect(buckets[0]?.at).toEqual(hoursAgo(8));
  });

  test("is listed by user with the busiest first, and stays on the books of a deleted user", async () => {
    const group = await makeGroup();
    const [ana, bob] = [await makeUser(ctx, "ana"), await makeUser(ctx, "bob")];
    await ran({ user: ana, groupId: group.id, from: 3, to: 2 });
    await ran({ user: bob, groupId: group.id, from: 5, to: 2 });
    await ran({ user: { ...bob, id: randomUUID() }, groupId: group.id, from: 9, to: 1 });
    const found = await usageBy(ctx.db, "user", {
      from: hoursAgo(24),
      to: now,
      groupId: group.id,
      limit: 2,
      offset: 0,
    });
    expect(found.total).toBe(3);
    expect(found.items.map(({ name, serverHours }) => [name, serverHours])).toEqual([
      ["(deleted user)", 8],
      ["bob", 3],
    ]);
  });

  test("comes as CSV", async () => {
    const group = await makeGroup();
    const user = await makeUser(ctx, "=cmd|x");
    await ran({ user, groupId: group.id, from: 3, to: 2 });
    const { text, fileName } = await exportUsageCsv(ctx, { by: "user", days: 30, group: group.name });
    expect(text.split("\r\n").slice(0, 2)).toEqual([
      "user,server_hours,cpu_hours,memory_gib_hours,gpu_hours",
      "'=cmd|x,1.000,2.000,4.000,0.000",
    ]);
    expect(fileName).toMatch(/^usage-by-user-\d{4}-\d\d-\d\d-to-/);
  });
});

describe("a budget holds back a start", () => {
  const budget: Budget = { windowDays: 7, group: { cpuHours: 10 }, member: {}, whenSpent: "refuse-start" };
  const ask = (group: { id: string; name: string; budget: Budget | null }, user: User, limits = {}) =>
    inTransaction(ctx.db, (tx) => refuseOverBudget(tx, { group, limits, userId: user.id, gpus: 0, now }));

  test("when its hours are gone, and no more when they have left the window", async () => {
    const [user, group] = [await makeUser(ctx, "spent"), await makeGroup(budget)];
    await ran({ user, groupId: group.id, from: 5, to: 0.5 });
    await expect(ask(group, user)).resolves.toBeUndefined();
    await ran({ user, groupId: group.id, from: 5, to: 4 });
    await expect(ask(group, user)).rejects.toMatchObject({
      code: "limit-reached",
      publicMessage: expect.stringContaining("used 11 of 10 CPU hours of the last 7 days"),
    });
    await expect(ask({ ...group, budget: { ...budget, windowDays: 1, group: { cpuHours: 12 } } }, user)).resolves.toBe(
      undefined,
    );
  });

  test("of hours a week counts that member alone", async () => {
    const [one, two, group] = [await makeUser(ctx, "week1"), await makeUser(ctx, "week2"), await makeGroup()];
    await ran({ user: one, groupId: group.id, from: 30, to: 10 });
    await expect(ask(group, one, { hoursPerWeek: 20 })).rejects.toMatchObject({ code: "limit-reached" });
    await expect(ask(group, two, { hoursPerWeek: 20 })).resolves.toBeUndefined();
  });

  test("and its user sees what is left", async () => {
    const [user, group] = [await makeUser(ctx, "left"), await makeGroup(budget)];
    await ctx.db.insert(groupMembers).values({ groupId: group.id, userId: user.id });
    await ran({ user, groupId: group.id, from: 2, to: 1 });
    const view = await usageOfUser(asUser(ctx, user), { days: 7 });
    expect(view.groups).toMatchObject([{ group: group.name, remaining: { cpuHours: 8 } }]);
    expect(view.total.cpuHours).toBe(2);
  });

  test.each([
    [{ windowDays: 0 }, "At least one day"],
    [{ group: { cpuHours: -1 } }, "can't be negative"],
    [{ group: { cpuHours: 1e12 } }, "more hours than any cluster"],
    [{ group: { cpuHours: Number.NaN } }, "Hours are a number"],
    [{ gruop: {} }, "gruop"],
  ])("of %j is refused with the field", async (wrong, why) => {
    const group = await makeGroup();
    const input = { group: group.name, budget: { ...budget, ...wrong } };
    await expect(setBudget(ctx, input)).rejects.toThrow(why);
  });
});
