import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { homes } from "#db/schema/homes.ts";
import { servers } from "#db/schema/servers.ts";
import type { User } from "#db/users.ts";
import { type Clock, systemClock } from "#server/clock.ts";
import { listHomes } from "#server/homes/list.ts";
import { recordHomeUsage } from "#server/homes/record-usage.ts";
import { createLocalSpawner } from "#server/spawner/local.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";
import { makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

const MiB = 1024 ** 2;
let database: FreshDatabase;
let ctx: TestContext;
let ana: User;
const installation = mkdtempSync(path.join(tmpdir(), "berth-usage-"));
const homesFolder = path.join(installation, "homes");

beforeAll(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  ana = await makeUser(ctx, "ana");
});
afterAll(async () => {
  rmSync(installation, { recursive: true, force: true });
  await database.drop();
});

const spawner = (clock: Clock = systemClock) =>
  createLocalSpawner({
    home: installation,
    jupyterCommand: "jupyter",
    installationId: "usage",
    trustedUsers: true,
    clock,
    log: pino({ level: "silent" }),
    limits: "process",
  });
const never = new AbortController().signal;

/** A home with a folder, and a server that has it. */
async function makeHome(name: string, phase: "ready" | "stopped") {
  const values = { userId: ana.id, namespace: "local", name, capacityBytes: 100 * MiB, lastUsedAt: ctx.clock.now() };
  const [home] = await ctx.db.insert(homes).values(values).returning();
  if (home === undefined) throw new Error("the database kept no home");
  await ctx.db.insert(servers).values({
    userId: ana.id,
    name,
    namespace: "local",
    objectName: name,
    originLabel: name,
    homeId: home.id,
    phase,
    phaseSince: ctx.clock.now(),
  });
  const folder = path.join(homesFolder, name);
  mkdirSync(path.join(homesFolder, ".ids"), { recursive: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(homesFolder, ".ids", name), home.id);
  const enter = (next: typeof phase) =>
    ctx.db.update(servers).set({ phase: next, phaseSince: ctx.clock.now() }).where(eq(servers.homeId, home.id));
  return { folder, enter, ref: { homeId: home.id, namespace: "local", name, claimUid: null } };
}

const look = () => recordHomeUsage(ctx, spawner(), never);
const shown = async (search: string) => (await listHomes(ctx, { search })).items.map(({ usedBytes }) => usedBytes)[0];

test("the blocks of its files are counted once each: no hole, no second name, no link's far end", async () => {
  const { folder, ref } = await makeHome("counted", "stopped");
  const empty = (await spawner().homeUsage?.(ref, never)) ?? 0;
  mkdirSync(path.join(folder, "sub"));
  writeFileSync(path.join(folder, "sub", "data"), Buffer.alloc(3 * MiB, 1));
  linkSync(path.join(folder, "sub", "data"), path.join(folder, "second-name"));
  writeFileSync(path.join(folder, "hole"), "");
  truncateSync(path.join(folder, "hole"), 500 * MiB);
  const outside = path.join(installation, "outside");
  mkdirSync(outside);
  writeFileSync(path.join(outside, "others"), Buffer.alloc(5 * MiB, 1));
  symlinkSync(outside, path.join(folder, "link"));
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), Buffer.alloc(MiB, 1));
  const used = (await spawner().homeUsage?.(ref, never)) ?? 0;
  expect(used - empty).toBeGreaterThanOrEqual(4 * MiB);
  expect(used - empty).toBeLessThan(4.5 * MiB);
  await look();
  expect(await shown("counted")).toBe(used);
});

test("a home is looked at after its server stopped and once a day while one runs, else not", async () => {
  const { folder, enter } = await makeHome("timely", "ready");
  expect(await look()).toBe(1);
  const before = (await shown("timely")) ?? 0;
  writeFileSync(path.join(folder, "data"), Buffer.alloc(2 * MiB, 1));
  ctx.clock.advance(3600);
  expect(await look()).toBe(0);
  await enter("stopped");
  ctx.clock.advance(1);
  expect(await look()).toBe(1);
  expect((await shown("timely")) ?? 0).toBeGreaterThanOrEqual(before + 2 * MiB);
  ctx.clock.advance(40 * 86_400);
  expect(await look()).toBe(0);
  await enter("ready");
  expect(await look()).toBe(1);
  ctx.clock.advance(86_401);
  expect(await look()).toBe(1);
  await enter("stopped");
  await look();
});

test("the disk is left to others again and again, and the hub's end ends the look without a word of that home", async () => {
  const { folder, ref } = await makeHome("many", "stopped");
  for (let n = 0; n < 600; n += 1) writeFileSync(path.join(folder, `${n}`), "");
  let pauses = 0;
  const ending = new AbortController();
  const clock: Clock = {
    ...systemClock,
    sleep: async (_ms, signal) => {
      pauses += 1;
      signal?.throwIfAborted();
    },
  };
  await spawner(clock).homeUsage?.(ref, never);
  expect(pauses).toBe(2);
  ending.abort();
  await expect(recordHomeUsage(ctx, spawner(clock), ending.signal)).rejects.toThrow();
  expect(await shown("many")).toBeNull();
  await look();
  expect(await shown("many")).toBeGreaterThan(0);
});

test("where it can't be told nothing is made up, and the other homes are looked at all the same", async () => {
  const gone = await makeHome("a-gone", "stopped");
  rmSync(gone.folder, { recursive: true });
  await makeHome("b-foreign", "stopped");
  writeFileSync(path.join(homesFolder, ".ids", "b-foreign"), "another home");
  const linked = await makeHome("c-linked", "stopped");
  rmSync(linked.folder, { recursive: true });
  symlinkSync("/", linked.folder);
  const deep = await makeHome("d-deep", "stopped");
  mkdirSync(path.join(deep.folder, ...Array.from({ length: 250 }, () => "d")), { recursive: true });
  await makeHome("e-well", "stopped");
  expect(await look()).toBe(5);
  for (const name of ["a-gone", "b-foreign", "c-linked", "d-deep"]) expect(await shown(name)).toBeNull();
  expect(await shown("e-well")).toBeGreaterThan(0);
});

test("a backend that fails at one home is asked for the next, and one that can't see into homes is asked for none", async () => {
  await makeHome("f-fails", "stopped");
  await makeHome("g-works", "stopped");
  const failing = Object.assign(new FakeSpawner(), {
    homeUsage: async ({ name }: { readonly name: string }) => {
      if (name === "f-fails") throw new Error("the disk doesn't answer");
      return 7;
    },
  });
  expect(await recordHomeUsage(ctx, new FakeSpawner(), never)).toBe(0);
  expect(await recordHomeUsage(ctx, failing, never)).toBe(2);
  expect([await shown("f-fails"), await shown("g-works")]).toEqual([null, 7]);
});
