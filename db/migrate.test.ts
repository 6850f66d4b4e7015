import { afterEach, describe, expect, test } from "vitest";
import { type FreshDatabase, unmigratedDatabase } from "#tests/database.ts";
import { startupMessage, transactionPooler } from "#tests/fakes/transaction-pooler.ts";
import { migrate } from "./migrate.ts";

const opened: FreshDatabase[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.drop();
});

async function empty(): Promise<FreshDatabase> {
  const database = await unmigratedDatabase();
  opened.push(database);
  return database;
}

async function applied(database: FreshDatabase): Promise<number> {
  const { rows } = await database.pool.query("select count(*)::int as n from drizzle.__drizzle_migrations");
  return rows[0].n;
}

describe("migrate", () => {
  test("R-11: three hubs that start together apply every migration once", async () => {
    const alone = await empty();
    await migrate(alone.url);
    const database = await empty();
    await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(await applied(database)).toBe(await applied(alone));
    await database.pool.query("select from users");
  });

  test("R-11: a migration whose connection dies half-way leaves nothing behind, and the next one does it all", async () => {
    const database = await empty();
    // Somebody holds what the migration needs, so that it certainly hangs inside its transaction when it is killed.
    const blocker = await database.pool.connect();
    await blocker.query("begin");
    await blocker.query("create table users (id uuid primary key)");
    const attempt = migrate(database.url);
    attempt.catch(() => undefined);
    const waiting = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    const { rows } = await eventually(
      () => database.pool.query(waiting),
      (found) => found.rowCount === 1,
    );
    await database.pool.query("select pg_terminate_backend($1)", [rows[0].pid]);
    await expect(attempt).rejects.toThrow();
    await blocker.query("rollback");
    blocker.release();
    const tables = await database.pool.query("select from pg_tables where schemaname = 'public'");
    expect(tables.rowCount).toBe(0);
    await migrate(database.url);
    await database.pool.query("select from users");
  });

  test("refuses a pooler that lends backends by the transaction, and says what to do instead", async () => {
    const database = await empty();
    const url = new URL(database.url);
    const socket = `${url.searchParams.get("host")}/.s.PGSQL.5432`;
    const pooler = await transactionPooler(socket, startupMessage("berth", url.pathname.slice(1)));
    try {
      await expect(migrate(`postgresql://berth@127.0.0.1:${pooler.port}${url.pathname}`)).rejects.toThrow(
        "pooler in transaction mode",
      );
    } finally {
      pooler.close();
    }
  });
});

async function eventually<T>(look: () => Promise<T>, done: (seen: T) => boolean): Promise<T> {
  for (let seen = await look(); ; seen = await look()) if (done(seen)) return seen;
}
