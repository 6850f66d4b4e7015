import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDb, type Database } from "#db/client.ts";
import { checkBackup } from "#server/backup/backup-file.ts";
import { restoreBackup } from "#server/backup/restore-backup.ts";
import { takeBackup } from "#server/backup/take-backup.ts";
import { systemClock } from "#server/clock.ts";
import { startServer } from "#server/servers/start.ts";
import { createToken } from "#server/tokens/create.ts";
import { actorOfToken } from "#server/tokens/verify.ts";
import { type FreshDatabase, freshDatabase, unmigratedDatabase } from "#tests/database.ts";
import { addUser, type HubUnderTest, startHubOn, startTestHub, until } from "#tests/fakes/hub-under-test.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";

const people = ["ada", "grace", "émilie"];
const folder = mkdtempSync(path.join(tmpdir(), "berth-backup-"));
const file = path.join(folder, "backup");
const tokens = new Map<string, string>();
let under: HubUnderTest;
let source: Database;

beforeAll(async () => {
  under = await startTestHub();
  const ctx = under.hub.systemContext("test");
  for (const user of people) {
    await addUser(under.hub, user);
    tokens.set(user, (await createToken(ctx, { user, note: "for a script" })).token);
    await startServer(ctx, { user });
  }
  source = createDb(under.databaseUrl);
  const { pool } = source;
  await until(async () => (await count(pool, "servers where phase = 'ready'")) === people.length, "three servers");
  await until(
    async () => (await count(pool, "server_runs where started_at is not null")) === people.length,
    "the ledger",
  );
  // Larger than a JavaScript number can hold exactly.
  await pool.query(
    "update homes set capacity_bytes = 9007199254740993, claim_uid = 'uid-' || name, last_used_at = null",
  );
  await takeBackup(under.databaseUrl, systemClock, createWriteStream(file));
});

const opened: FreshDatabase[] = [];
let target: FreshDatabase;
beforeEach(async () => {
  target = await unmigratedDatabase();
  opened.push(target);
});
afterAll(async () => {
  for (const database of opened) await database.drop();
  await source.close();
  await under.stop();
  rmSync(folder, { recursive: true });
});

describe("berth backup and restore", () => {
  test("every row comes back as it was, to the last digit and microsecond", async () => {
    const { users, homes } = await restored();
    expect(users).toBe(people.length);
    expect(homes.map((home) => home.user)).toEqual(people.toSorted());
    for (const table of ["users", "tokens", "homes", "servers", "server_runs", "reservations", "installation"]) {
      const rows = `select to_jsonb(t)::text as row from ${table} t order by 1`;
      const before = await source.pool.query(rows);
      expect(before.rows.length, table).toBeGreaterThan(0);
      expect((await target.pool.query(rows)).rows, table).toEqual(before.rows);
    }
  });

  test("the same tokens open the same accounts, and a hub takes over what still runs", async () => {
    await restored();
    for (const [name, token] of tokens)
      expect(await actorOfToken(target.db, token, new Date())).toMatchObject({ kind: "token", name });
    const hub = await startHubOn({ databaseUrl: target.url, spawner: under.spawner });
    try {
      await until(async () => hub.reconciler.leading, "the restored hub to lead");
      await addUser(hub, "newcomer");
      expect(await count(target.pool, "servers where phase = 'ready'")).toBe(people.length);
    } finally {
      await hub.stop();
    }
  });

  test("on a new cluster nothing runs, nothing is reserved, and a home that was used is never made anew", async () => {
    await restored({ newCluster: true });
    expect(await count(target.pool, "servers where phase = 'stopped' and desired = 'stopped'")).toBe(people.length);
    expect(await count(target.pool, "reservations")).toBe(0);
    expect(await count(target.pool, "server_runs where ended_at is null")).toBe(0);
    // What `homeClaim` goes by: used before, and no UID yet that another cluster's claim could fail to have.
    expect(await count(target.pool, "homes where claim_uid is null and last_used_at is not null")).toBe(people.length);
    const spawner = new FakeSpawner();
    const hub = await startHubOn({ databaseUrl: target.url, spawner });
    try {
      await startServer(hub.systemContext("test"), { user: "ada" });
      await until(async () => (await count(target.pool, "servers where phase = 'ready'")) === 1, "the server to start");
    } finally {
      await hub.stop();
      spawner.close();
    }
  });

  test("a database with people in it is left alone unless told, and then replaced whole", async () => {
    const old = await freshDatabase();
    opened.push(old);
    await old.pool.query("insert into users (name) values ('somebody')");
    await expect(restored({ databaseUrl: old.url })).rejects.toThrow("already holds 1 user. Nothing was changed");
    await restored({ databaseUrl: old.url, replace: true });
    expect(await count(old.pool, "users where name = 'somebody'")).toBe(0);
    expect(await count(old.pool, "users")).toBe(people.length);
    expect(await count(old.pool, "pg_namespace where nspname like 'berth_before%'")).toBe(0);
  });

  test("a database a hub runs on is refused", async () => {
    await expect(restored({ databaseUrl: under.databaseUrl, replace: true })).rejects.toThrow("A hub runs on this");
  });

  test.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 200)],
    ["changed by one bit", (bytes: Buffer) => flipped(bytes)],
    ["no backup at all", () => Buffer.from("hello")],
  ])("a file that is %s changes nothing", async (_what, spoil) => {
    const spoilt = path.join(folder, "spoilt");
    writeFileSync(spoilt, spoil(readFileSync(file)));
    const old = await freshDatabase();
    opened.push(old);
    await old.pool.query("insert into users (name) values ('somebody')");
    await expect(restored({ databaseUrl: old.url, file: spoilt, replace: true })).rejects.toThrow(
      /cut off or damaged|isn't a backup/,
    );
    expect(await count(old.pool, "users where name = 'somebody'")).toBe(1);
  });

  test("when the restored rows can't be put in, what was there is there again", async () => {
    const old = await freshDatabase();
    opened.push(old);
    await old.pool.query("insert into users (name) values ('somebody')");
    const { header } = await checkBackup(file);
    const clock = { ...systemClock, now: () => new Date(Number.NaN) };
    await expect(restored({ databaseUrl: old.url, replace: true, clock })).rejects.toThrow();
    expect(await count(old.pool, "users where name = 'somebody'")).toBe(1);
    expect(await count(old.pool, "drizzle.__drizzle_migrations")).toBe(header.migrations);
    await old.pool.query("insert into users (name) values ('and another')");
  });
});

function restored(options: Partial<Parameters<typeof restoreBackup>[0]> = {}) {
  return restoreBackup({
    ...{ databaseUrl: target.url, file, newCluster: false, replace: false, clock: systemClock },
    ...options,
  });
}

type Pool = FreshDatabase["pool"];

async function count(pool: Pool, what: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${what}`);
  return rows[0]?.n ?? -1;
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = Math.floor(bytes.length / 2);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
