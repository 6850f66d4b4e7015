import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { cullerLease } from "#db/culling.ts";
import { acquireLease } from "#db/leases.ts";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { servers } from "#db/schema/servers.ts";
import { audit } from "#db/schema/system.ts";
import { findServerById, type ServerRow, touchServers } from "#db/servers.ts";
import type { User } from "#db/users.ts";
import { systemClock } from "#server/clock.ts";
import { extendServer, keepServerUntil } from "#server/culler/keep.ts";
import { setGroupCulling, setMyCulling } from "#server/culler/set-rule.ts";
import { CullTerm } from "#server/culler/term.ts";
import { getMyCulling } from "#server/culler/views.ts";
import { startServer } from "#server/servers/start.ts";
import { announcedStopOf, lastStopViewOf } from "#server/servers/stop-view.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { startHubOn, until } from "#tests/fakes/hub-under-test.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";
import { asUser, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

const profileList = [
  { display_name: "CPU", slug: "cpu" },
  { display_name: "GPU", slug: "gpu", cull: { timeout: 1800, maxAge: 14_400 } },
];
const config = {
  cull: { enabled: true, timeout: 3600, maxTimeout: 7200, minTimeout: 600, warnSeconds: 600, every: 60 },
  singleuser: { profileList },
};

let database: FreshDatabase;
let ctx: TestContext;
let ana: User;
let term: CullTerm;

beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db, config);
  ana = await makeUser(ctx, "ana");
  const epoch = (await acquireLease(database.db, cullerLease, "test", 86_400))?.epoch ?? 0;
  term = new CullTerm(ctx, epoch, new AbortController().signal);
});
afterEach(() => database.drop());

async function readyServer(given: Partial<ServerRow> = {}): Promise<string> {
  const now = ctx.clock.now();
  const values = {
    ...{ userId: ana.id, name: "", desired: "running" as const, phase: "ready" as const, generation: 1 },
    ...{ phaseGeneration: 1, runId: "run-1", readyAt: now, lastActivityAt: now, profileSlug: "cpu" },
    ...{ namespace: "test", objectName: "ana", originLabel: "ana", spec: { app: { preset: "code-server" } } },
    ...{ target: { kind: "unix", path: "/none" }, ...given },
  };
  const [row] = await database.db.insert(servers).values(values).returning();
  await term.look();
  return row?.id ?? "";
}

const rowOf = async (id: string): Promise<ServerRow> => {
  const found = await findServerById(database.db, id);
  if (found === undefined) throw new Error("no such server");
  return found.server;
};
const stopOf = async (id: string) => announcedStopOf(await rowOf(id));
const touch = (id: string) =>
  inTransaction(database.db, (tx) =>
    touchServers(tx, [{ serverId: id, runId: "run-1", at: ctx.clock.now() }], ctx.clock.now()),
  );
const actions = async () => (await database.db.select().from(audit).orderBy(audit.id)).map(({ action }) => action);

async function minutes(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    ctx.clock.advance(60);
    await term.look();
  }
}

describe("an idle server", () => {
  test("is announced, extended, announced again and stopped; who, why and when stay on record (I-8)", async () => {
    const id = await readyServer();
    await minutes(49);
    expect(await stopOf(id)).toBeNull();
    await minutes(2);
    const announced = await stopOf(id);
    expect(announced).toMatchObject({ why: "idle", canExtend: true });
    expect(((announced?.at.getTime() ?? 0) - ctx.clock.now().getTime()) / 60_000).toBeCloseTo(9, 0);
    await extendServer(ctx, { user: "ana", name: "" });
    expect(await stopOf(id)).toBeNull();
    await minutes(49);
    expect(await stopOf(id)).toBeNull();
    await minutes(2);
    expect(await stopOf(id)).not.toBeNull();
    await minutes(8);
    expect((await rowOf(id)).desired).toBe("running");
    await minutes(3);
    const row = await rowOf(id);
    expect([row.desired, row.stopAt, row.wishedBy]).toEqual(["stopped", null, "test"]);
    expect(lastStopViewOf(row)).toMatchObject({ reason: "idle", message: expect.stringContaining("nobody used it") });
    expect(await actions()).toEqual(["server.keep", "server.cull"]);
    const [, culled] = await database.db.select().from(audit).orderBy(audit.id);
    expect(culled?.detail).toMatchObject({ user: "ana", why: "idle", generation: 1, idleAllowedSeconds: 3600 });
  });

  test("is let be the moment its user is back, and everything begins anew", async () => {
    const id = await readyServer();
    await minutes(55);
    expect(await stopOf(id)).not.toBeNull();
    await touch(id);
    expect(await stopOf(id)).toBeNull();
    await minutes(49);
    expect(await stopOf(id)).toBeNull();
    expect((await rowOf(id)).desired).toBe("running");
  });

  test("of a profile with a shorter time is stopped earlier, and one that is too old even when in use", async () => {
    const idle = await readyServer({ profileSlug: "gpu" });
    await minutes(32);
    expect((await rowOf(idle)).desired).toBe("stopped");
    const old = await readyServer({ profileSlug: "gpu", name: "second", objectName: "ana-2" });
    for (let i = 0; i < 232; i++) {
      await touch(old);
      await minutes(1);
    }
    expect(await stopOf(old)).toMatchObject({ why: "max-age", canExtend: false });
    await extendServer(ctx, { user: "ana", name: "second" });
    expect(await stopOf(old)).toMatchObject({ why: "max-age" });
    for (let i = 0; i < 12; i++) {
      await touch(old);
      await minutes(1);
    }
    expect((await rowOf(old)).lastStop?.reason).toBe("max-age");
  });

  test("is kept until the time somebody named, and no longer than the admin allows", async () => {
    const id = await readyServer();
    const inHours = (hours: number) => new Date(ctx.clock.now().getTime() + hours * 3_600_000);
    const until = inHours(12);
    await keepServerUntil(ctx, { user: "ana", name: "", until });
    await minutes(700);
    expect([(await rowOf(id)).desired, await stopOf(id)]).toEqual(["running", null]);
    await minutes(32);
    expect((await rowOf(id)).desired).toBe("stopped");
    const refused = keepServerUntil(ctx, { user: "ana", name: "", until: inHours(1) });
    await expect(refused).rejects.toMatchObject({ code: "conflict" });
    const other = await readyServer({ name: "second", objectName: "ana-2" });
    await expect(keepServerUntil(ctx, { user: "ana", name: "second", until: inHours(48) })).rejects.toMatchObject({
      code: "invalid",
      publicMessage: "Choose a time from a minute to 1 day from now.",
      detail: { field: "until" },
    });
    expect((await rowOf(other)).keepUntil).toBeNull();
  });

  test("F-29 isn't stopped by a clock that jumps a day ahead, nor kept for ever by one that jumps back", async () => {
    const id = await readyServer();
    await minutes(10);
    jump(86_400);
    await minutes(38);
    expect(await stopOf(id)).toBeNull();
    jump(-86_400);
    await minutes(3);
    await minutes(12);
    expect((await rowOf(id)).desired).toBe("stopped");
  });
});

/** The wall clock alone. */
function jump(seconds: number): void {
  const { clock } = ctx;
  const now = clock.now.bind(clock);
  clock.now = () => new Date(now().getTime() + seconds * 1000);
}

describe("quiet hours", () => {
  test("stop a server in use when they begin, after a warning, and leave alone one that is started in them", async () => {
    // The manual clock begins at 08:00 UTC on a Monday, 09:00 in Rome.
    const quietHours = [{ days: [1], from: "10:00", to: "12:00", timeZone: "Europe/Rome" }];
    await setMyCulling(asUser(ctx, ana), { quietHours });
    const id = await readyServer();
    for (let i = 0; i < 55; i++) {
      await touch(id);
      await minutes(1);
    }
    expect(await stopOf(id)).toMatchObject({ why: "quiet-hours", at: new Date("2027-03-01T09:00:00Z") });
    for (let i = 0; i < 7; i++) {
      await touch(id);
      await minutes(1);
    }
    expect((await rowOf(id)).lastStop?.reason).toBe("quiet-hours");
    const second = await readyServer({ name: "second", objectName: "ana-2" });
    await minutes(30);
    expect([(await rowOf(second)).desired, await stopOf(second)]).toEqual(["running", null]);
  });
});

describe("the rule", () => {
  test("is the user's own choice inside the bounds, and the answer says them", async () => {
    const asAna = asUser(ctx, ana);
    expect(await setMyCulling(asAna, { idleSeconds: 7200 })).toMatchObject({
      enabled: true,
      choice: { idleSeconds: 7200 },
      bounds: { min: 600, max: 7200 },
      usual: { idleSeconds: 3600, maxAgeSeconds: null },
    });
    const id = await readyServer();
    await minutes(100);
    expect(await stopOf(id)).toBeNull();
    expect((await setMyCulling(asAna, {})).choice).toEqual({});
    await minutes(2);
    expect(await stopOf(id)).not.toBeNull();
  });

  test("beyond the bounds is one sentence with the field, and changes nothing", async () => {
    const asAna = asUser(ctx, ana);
    await setMyCulling(asAna, { idleSeconds: 1200 });
    await expect(setMyCulling(asAna, { idleSeconds: 100_000 })).rejects.toMatchObject({
      code: "invalid",
      publicMessage: "The idle time can be from 10 minutes to 2 hours here.",
      detail: { field: "idleSeconds" },
    });
    for (const bad of [
      { idleSeconds: -5 },
      { idleSeconds: 1e12 },
      { idleSeconds: 900.5 },
      { quietHours: [{ days: [9], from: "10:00", to: "11:00", timeZone: "UTC" }] },
      { quietHours: [{ days: [1], from: "25:00", to: "11:00", timeZone: "UTC" }] },
      { quietHours: [{ days: [1], from: "10:00", to: "11:00", timeZone: "Rome" }] },
      { quietHours: [{ days: [1], from: "10:00", to: "10:00", timeZone: "UTC" }] },
      { never: true },
    ])
      await expect(setMyCulling(asAna, bad)).rejects.toThrow();
    expect((await getMyCulling(asAna)).choice).toEqual({ idleSeconds: 1200 });
  });

  test("of the group a server counts against holds for it, whatever its user would rather", async () => {
    const [group] = await database.db.insert(groups).values({ name: "physics" }).returning();
    await inTransaction(database.db, (tx) =>
      tx.insert(groupMembers).values({ groupId: group?.id ?? "", userId: ana.id, role: "manager" }),
    );
    const membership = { groupId: group?.id ?? "", group: "physics", role: "manager" } as const;
    const asAna = asUser(ctx, ana, undefined, [membership]);
    await setMyCulling(asAna, { idleSeconds: 7200 });
    const id = await readyServer({ groupId: group?.id ?? null });
    await setGroupCulling(asAna, { group: "physics", idleSeconds: 1200 });
    expect((await getMyCulling(asAna)).groups).toEqual([{ group: "physics", rule: { idleSeconds: 1200 } }]);
    await minutes(12);
    expect(await stopOf(id)).not.toBeNull();
    await expect(setGroupCulling(asAna, { group: "physics", idleSeconds: 60 })).rejects.toMatchObject({
      code: "invalid",
    });
    await expect(setGroupCulling(asAna, { group: "other", idleSeconds: 1200 })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

describe("a hub", () => {
  test("culls while it is told to, and takes announcements back when it no longer is", async () => {
    const on = { databaseUrl: database.url, spawner: new FakeSpawner(), clock: systemClock };
    // The edge's word is enough for code-server: nobody asks the run of the test.
    const singleuser = { app: "code-server" };
    const first = await startHubOn({ ...on, config: { singleuser } });
    const { id } = await startServer(first.systemContext("test"), { user: "ana", name: "" });
    await until(async () => (await rowOf(id)).phase === "ready", "the server");
    await first.stop();
    const longAgo = new Date(Date.now() - 9_000_000);
    await database.db.update(servers).set({ readyAt: longAgo, lastActivityAt: null });
    await database.db.execute("update leases set expires_at = now() - interval '1 second'");
    const culling = await startHubOn({ ...on, config: { singleuser, cull: { enabled: true } } });
    const why = async () => (await rowOf(id)).stopWhy;
    await until(async () => (await why()) === "idle", "the announcement");
    await culling.stop();
    const resting = await startHubOn({ ...on, config: { singleuser } });
    await until(async () => (await why()) === null, "the announcement to be off");
    await resting.stop();
    on.spawner.close();
  });
});
