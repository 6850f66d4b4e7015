import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { groups } from "#db/schema/groups.ts";
import { reservations, servers } from "#db/schema/servers.ts";
import type { User } from "#db/users.ts";
import { HubError } from "#server/errors.ts";
import { getQuota } from "#server/quotas/get.ts";
import { listQuotas } from "#server/quotas/overview.ts";
import { previewCeiling, setCeiling } from "#server/quotas/set-ceiling.ts";
import { previewMemberLimits, setMemberLimits } from "#server/quotas/set-member-limits.ts";
import { previewQuota, setQuota } from "#server/quotas/set-quota.ts";
import { startServer } from "#server/servers/start.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { putGroup } from "#tests/fakes/group-rows.ts";
import { allRows } from "#tests/fakes/rows.ts";
import { asUser, auditOf, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

const profileList = [
  { display_name: "Small", slug: "small", kubespawner_override: { cpu_limit: 1, mem_limit: "1G" } },
  { display_name: "Large", slug: "large", kubespawner_override: { cpu_limit: 4, mem_limit: "8G" } },
];
const gib = 1024 ** 3;

let database: FreshDatabase;
let ctx: TestContext;
let manager: User;
let member: User;
let other: User;
let count = 0;
let group: string;
let id: string;

beforeAll(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db, { singleuser: { profileList } });
});
afterAll(() => database.drop());
beforeEach(async () => {
  const n = ++count;
  manager = await makeUser(ctx, `manager${n}`);
  member = await makeUser(ctx, `member${n}`);
  other = await makeUser(ctx, `other${n}`);
  group = `group${n}`;
  id = await putGroup(ctx.db, group, { [manager.name]: "manager", [member.name]: "member" });
});

const asManager = () => asUser(ctx, manager, undefined, [{ group, role: "manager" }]);
const asMember = () => asUser(ctx, member, undefined, [{ group, role: "member" }]);
const ruleOf = async () => (await ctx.db.select().from(groups).where(eq(groups.id, id)))[0];
const refusal = async (work: Promise<unknown>): Promise<HubError> =>
  await work.then(
    () => expect.unreachable("it went well"),
    (error: unknown) => (error instanceof HubError ? error : Promise.reject(error)),
  );
/** Nothing at all is changed by it, and nothing is put on record. */
const changesNothing = async (work: () => Promise<unknown>): Promise<HubError> => {
  const before = await allRows(ctx.db);
  const error = await refusal(work());
  expect(await allRows(ctx.db)).toEqual(before);
  return error;
};

describe("a manager's quota within the admin's ceiling", () => {
  test("is raised up to it and refused beyond it, with the ceiling and the field", async () => {
    await setCeiling(ctx, { group, ceiling: { cpuLimit: 16, memoryLimit: "64Gi" } });
    await setQuota(asManager(), { group, quota: { cpuLimit: "16", servers: 4 } });
    expect((await ruleOf())?.quota).toEqual({ cpuLimitMillicores: 16_000, servers: 4 });
    const error = await changesNothing(() => setQuota(asManager(), { group, quota: { cpuLimit: "17", servers: 9 } }));
    expect(error).toMatchObject({ code: "invalid", detail: { field: "quota.cpuLimit" } });
    expect(error.publicMessage).toBe(
      `The ceiling of group ${group} is 16 CPUs. Stay within it, or ask an admin to raise it.`,
    );
    expect(
      await changesNothing(() => previewQuota(asManager(), { group, quota: { memoryLimit: "65Gi" } })),
    ).toMatchObject({
      code: "invalid",
      detail: { field: "quota.memoryLimit" },
    });
  });

  test("S-30: a manager doesn't move the ceiling, nor another group's quota, nor does a member any", async () => {
    const foreign = `${group}-foreign`;
    await putGroup(ctx.db, foreign, { [other.name]: "manager" });
    const tries: (() => Promise<unknown>)[] = [
      () => setCeiling(asManager(), { group, ceiling: { servers: 100 } }),
      () => previewCeiling(asManager(), { group, ceiling: { servers: 100 } }),
      () => setQuota(asManager(), { group: foreign, quota: { servers: 0 } }),
      () => setMemberLimits(asManager(), { group: foreign, user: other.name, limits: { servers: 0 } }),
      () => setQuota(asMember(), { group, quota: { servers: 100 } }),
      () => setMemberLimits(asMember(), { group, user: member.name, limits: { servers: 100 } }),
      () => getQuota(asManager(), { group: foreign }),
      () => getQuota(asManager(), { group: "nobody-has-it" }),
    ];
    for (const attempt of tries) expect(await changesNothing(attempt)).toMatchObject({ code: "forbidden" });
  });

  test("S-31: the overview shows a manager their own groups and no count of others", async () => {
    await putGroup(ctx.db, `${group}-foreign`, {});
    expect(await listQuotas(asManager(), {})).toMatchObject({ total: 1, items: [{ group }] });
    expect(await listQuotas(asManager(), { search: "foreign" })).toMatchObject({ total: 0, items: [] });
    expect((await listQuotas(ctx, { search: "foreign" })).total).toBeGreaterThan(0);
  });

  test("a ceiling lowered beneath the quota binds at once, and the quota holds again when it is raised", async () => {
    await setQuota(asManager(), { group, quota: { servers: 4 } });
    await setCeiling(ctx, { group, ceiling: { servers: 0 } });
    expect((await getQuota(asMember(), { group })).bars[0]).toMatchObject({
      resource: "servers",
      hard: 0,
      quota: 4,
      ceiling: 0,
    });
    expect(await refusal(startServer(asMember(), { user: member.name }))).toMatchObject({ code: "limit-reached" });
    // Something else may still be changed.
    await setQuota(asManager(), { group, quota: { gpus: 0 } });
    await setCeiling(ctx, { group, ceiling: { servers: null } });
    await startServer(asMember(), { user: member.name });
  });

  test("bad amounts get one message with the field, and change nothing", async () => {
    for (const [quota, field] of [
      [{ servers: -1 }, "quota.servers"],
      [{ servers: 2, memoryLimit: "8 elephants" }, "quota.memoryLimit"],
      [{ cpuLimit: "99999999999" }, "quota.cpuLimit"],
    ] as const)
      expect(await changesNothing(() => setQuota(asManager(), { group, quota }))).toMatchObject({
        code: "invalid",
        detail: { field },
      });
  });
});

describe("lowering below what is used", () => {
  test("names who is affected, takes a confirmation, stops nothing, and lets no new start until it fits", async () => {
    await startServer(asMember(), { user: member.name, profile: "large" });
    const input = { group, quota: { cpuLimit: 3, servers: 5 } };
    const preview = await previewQuota(asManager(), input);
    expect(preview.overused).toMatchObject([
      { resource: "cpuLimitMillicores", used: 4000, hard: 3000, text: "4 of 3 CPUs" },
    ]);
    expect(preview.message).toContain(member.name);
    const asked = await changesNothing(() => setQuota(asManager(), input));
    expect(asked).toMatchObject({ code: "conflict", detail: { field: "confirm", resources: "cpuLimitMillicores" } });
    expect(asked.publicMessage).toContain(`would have used 4 of 3 CPUs: ${member.name}. Nothing is stopped`);

    await setQuota(asManager(), { ...input, confirm: true });
    const [server] = await ctx.db.select().from(servers).where(eq(servers.userId, member.id));
    expect(server?.desired).toBe("running");
    const refused = await refusal(startServer(asManager(), { user: manager.name, profile: "small" }));
    expect(refused).toMatchObject({
      code: "limit-reached",
      detail: { group, resource: "cpuLimitMillicores", used: 4000, hard: 3000 },
    });
    await ctx.db.delete(reservations).where(eq(reservations.serverId, server?.id ?? ""));
    await startServer(asManager(), { user: manager.name, profile: "small" });
  });

  test("isn't asked about for what was too much before, nor for raising", async () => {
    await startServer(asMember(), { user: member.name, profile: "large" });
    await setQuota(asManager(), { group, quota: { cpuLimit: 2 }, confirm: true });
    expect((await previewQuota(asManager(), { group, quota: { cpuLimit: 3 } })).overused).toEqual([]);
    await setQuota(asManager(), { group, quota: { cpuLimit: 3, servers: 1 } });
  });

  test("a ceiling too", async () => {
    await startServer(asMember(), { user: member.name });
    const input = { group, ceiling: { servers: 0 } };
    expect((await previewCeiling(ctx, input)).overused).toMatchObject([{ resource: "servers", used: 1, hard: 0 }]);
    expect(await changesNothing(() => setCeiling(ctx, input))).toMatchObject({ code: "conflict" });
    await setCeiling(ctx, { ...input, confirm: true });
  });
});

describe("member limits", () => {
  test("hold for each member, a member's own in place of the group's, until it is taken away", async () => {
    await setMemberLimits(asManager(), { group, limits: { cpuLimit: 1 } });
    expect(await refusal(startServer(asMember(), { user: member.name, profile: "large" }))).toMatchObject({
      code: "limit-reached",
      detail: { whose: "member", resource: "cpuLimitMillicores", hard: 1000 },
    });
    await setMemberLimits(asManager(), { group, user: member.name, limits: { cpuLimit: 4 } });
    await startServer(asMember(), { user: member.name, profile: "large" });
    expect((await getQuota(asMember(), { group })).mine).toEqual({ limits: { cpuLimitMillicores: 4000 }, servers: 1 });
    const input = { group, user: member.name, limits: { cpuLimit: null } };
    expect((await previewMemberLimits(asManager(), input)).overused).toMatchObject([
      { user: member.name, text: "4 of 1 CPU" },
    ]);
    expect(await changesNothing(() => setMemberLimits(asManager(), input))).toMatchObject({ code: "conflict" });
    await setMemberLimits(asManager(), { ...input, confirm: true });
  });

  test("are for members only", async () => {
    const input = { group, user: other.name, limits: { servers: 1 } };
    expect(await changesNothing(() => setMemberLimits(asManager(), input))).toMatchObject({
      code: "not-found",
      detail: { field: "user" },
    });
  });

  test("S-44: parallel starts of one member's several servers don't pass their limit", async () => {
    await setMemberLimits(asManager(), { group, limits: { servers: 2 } });
    const names = ["", "a", "b", "c", "d"];
    const tries = await Promise.allSettled(names.map((name) => startServer(asMember(), { user: member.name, name })));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(await ctx.db.select().from(reservations).where(eq(reservations.userId, member.id))).toHaveLength(2);
  });
});

test("rules that appear while a start is on its way bind it, or it was first and is counted", async () => {
  for (let round = 0; round < 20; round++) {
    const name = `${group}-r${round}`;
    const user = await makeUser(ctx, `${group}-u${round}`);
    const groupId = await putGroup(ctx.db, name, { [user.name]: "member" });
    const starting = startServer(ctx, { user: user.name }).then(
      () => true,
      () => false,
    );
    const setting = setQuota(ctx, { group: name, quota: { servers: 0 } }).then(
      () => true,
      () => false,
    );
    const [started, set] = await Promise.all([starting, setting]);
    // Both went well would be a server beyond a quota that nobody confirmed to be lower.
    expect(started && set).toBe(false);
    expect(await ctx.db.select().from(reservations).where(eq(reservations.groupId, groupId))).toHaveLength(
      started ? 1 : 0,
    );
  }
});

test("every change is on record with what it was before and is now", async () => {
  await setCeiling(ctx, { group, ceiling: { servers: 9 } });
  await setQuota(asManager(), { group, quota: { servers: 3 } });
  await setMemberLimits(asManager(), { group, user: member.name, limits: { home: "5Gi" } });
  expect(await auditOf(ctx.db, `group:${id}`)).toMatchObject([
    { action: "group.set-ceiling", detail: { before: "{}", after: '{"servers":9}' } },
    { action: "group.set-quota", actorName: manager.name, detail: { before: "{}", after: '{"servers":3}' } },
    { action: "group.set-member-limits", detail: { user: member.name, after: `{"homeBytes":${5 * gib}}` } },
  ]);
});

test("a group's quota is shown with who uses what, homes with it", async () => {
  await setQuota(asManager(), { group, quota: { cpuLimit: 8, homes: 4 } });
  await startServer(asMember(), { user: member.name, profile: "large" });
  await startServer(asMember(), { user: member.name, name: "second", profile: "small" });
  await startServer(asManager(), { user: manager.name, profile: "small" });
  const quota = await getQuota(asMember(), { group });
  expect(quota.bars.find(({ resource }) => resource === "cpuLimitMillicores")).toMatchObject({ text: "6 of 8 CPUs" });
  expect(quota.bars.find(({ resource }) => resource === "homes")).toMatchObject({ used: 3, hard: 4 });
  expect(
    quota.members.map(({ user, amounts }) => [user, amounts.servers, amounts.cpuLimitMillicores, amounts.homes]),
  ).toEqual([
    [member.name, 2, 5000, 2],
    [manager.name, 1, 1000, 1],
  ]);
  expect(quota.may).toEqual({ setQuota: false, setCeiling: false });
  const [fullest] = (await listQuotas(ctx, { sort: "-fullest", search: group })).items;
  expect(fullest).toMatchObject({ group, fullness: 0.75 });
});
