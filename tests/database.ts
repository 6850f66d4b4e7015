import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { createDb, type Database, type Db } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { startEmbeddedPostgres } from "#server/embedded/postgres.ts";
import { createLog } from "#server/log.ts";

const template = "berth_template";
/** Serialises the making of the template between the workers of one run. */
const templateLock = 7_201_377;

/** Tests lose nothing when the machine does. */
const settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "400",
  // It lies in memory, where there is enough.
  max_wal_size: "128MB",
  autovacuum: "off",
};

let server: Promise<string> | undefined;

/**
 * The run's one PostgreSQL: the first test that asks starts it, every later one, in whatever worker, adopts it, and the run's
 * teardown (tests/setup/database-folder.ts) stops it. Returns the URL of its maintenance database.
 */
export function databaseServer(): Promise<string> {
  server ??= startServer();
  return server;
}

async function startServer(): Promise<string> {
  const directory = inject("databaseFolder") ?? mkdtempSync(path.join(tmpdir(), "berth-test-sql-"));
  const { url } = await startEmbeddedPostgres({ directory, log: createLog("test", "silent"), settings });
  const maintenance = databaseUrl(url, "postgres");
  await makeTemplate(maintenance);
  return maintenance;
}

export function databaseUrl(url: string, database: string): string {
  return url.replace(/^(postgresql:\/\/\/)[^?]*/, `$1${database}`);
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function makeTemplate(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query("select pg_advisory_lock($1)", [templateLock]);
    const found = await client.query("select from pg_database where datname = $1 and datistemplate", [template]);
    if (found.rowCount === 1) return;
    await client.query(`drop database if exists ${template}`);
    await client.query(`create database ${template}`);
    await migrate(databaseUrl(url, template));
    await client.query(`alter database ${template} with is_template true allow_connections false`);
  });
}

export type FreshDatabase = { url: string; db: Db; pool: pg.Pool; drop(): Promise<void> };

/** An empty, migrated database of this test's own, in a few dozen milliseconds. `drop` also ends what is still connected. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = await emptyDatabase(`template ${template}`);
  return connected(await databaseServer(), name);
}

/** A database without any table, for tests of the migration itself. */
export async function unmigratedDatabase(): Promise<FreshDatabase> {
  const name = await emptyDatabase("template template0");
  return connected(await databaseServer(), name);
}

async function emptyDatabase(from: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await withClient(await databaseServer(), (client) => client.query(`create database ${name} ${from}`));
  return name;
}

function connected(maintenance: string, name: string): FreshDatabase {
  const url = databaseUrl(maintenance, name);
  const database: Database = createDb(url);
  return {
    url,
    db: database.db,
    pool: database.pool,
    drop: async () => {
      await database.close();
      await withClient(maintenance, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
