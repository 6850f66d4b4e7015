import type pg from "pg";
import { advanceSequences, insertRows, tablesInOrder } from "#db/dump.ts";
import { migrate, migrateTo } from "#db/migrate.ts";
import type { Clock } from "#server/clock.ts";
import { type BackupHeader, backupRows, checkBackup, type HomeOnMap } from "./backup-file.ts";
import { connectTo } from "./database.ts";

export type RestoreOptions = {
  readonly databaseUrl: string;
  readonly file: string;
  /** Another cluster: nothing runs there, and the claims have new UIDs. */
  readonly newCluster: boolean;
  /** What the database holds may go. */
  readonly replace: boolean;
  readonly clock: Clock;
};

export type Restored = {
  readonly header: BackupHeader;
  readonly homes: readonly HomeOnMap[];
  readonly users: number;
};

const asideSchema = "berth_before_restore";
const rowsAtOnce = 500;

/**
 * Puts a backup into the database. What was there is set aside until everything is in, and comes back when anything fails.
 * Errors: the file isn't whole, a hub still runs, the database holds people and `replace` wasn't said.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { header, homes } = await checkBackup(options.file);
  const client = await connectTo(options.databaseUrl);
  try {
    await refuseWhileInUse(client, options.replace);
    await setAside(client);
    try {
      await migrateTo(options.databaseUrl, header.migrations);
      const users = await fill(client, options);
      await migrate(options.databaseUrl);
      await client.query(`drop schema if exists ${asideSchema} cascade`);
      await client.query(`drop schema if exists ${asideSchema}_drizzle cascade`);
      return { header, homes, users };
    } catch (error) {
      await bringBack(client);
      throw error;
    }
  } finally {
    await client.end();
  }
}

async function refuseWhileInUse(client: pg.Client, replace: boolean): Promise<void> {
  const { rows: tables } = await client.query("select to_regclass('public.users') is not null as made");
  if (tables[0]?.made !== true) return;
  const { rows: leading } = await client.query("select 1 from leases where expires_at > now() and holder <> ''");
  if (leading.length > 0)
    throw new Error(
      "A hub runs on this database. Stop every hub first (in a cluster: scale its Deployment to 0), then restore.",
    );
  const { rows } = await client.query<{ users: number }>("select count(*)::int as users from users");
  const users = rows[0]?.users ?? 0;
  if (users > 0 && !replace)
    throw new Error(
      `This database already holds ${users === 1 ? "1 user" : `${users} users`}. Nothing was changed. To put the backup in their place, say --replace.`,
    );
}

async function setAside(client: pg.Client): Promise<void> {
  await client.query("begin");
  await client.query(`drop schema if exists ${asideSchema} cascade`);
  await client.query(`drop schema if exists ${asideSchema}_drizzle cascade`);
  await client.query(`alter schema public rename to ${asideSchema}`);
  const { rows } = await client.query("select 1 from pg_namespace where nspname = 'drizzle'");
  if (rows.length > 0) await client.query(`alter schema drizzle rename to ${asideSchema}_drizzle`);
  await client.query("create schema public");
  await client.query("commit");
}

async function bringBack(client: pg.Client): Promise<void> {
  await client.query("rollback");
  await client.query("begin");
  await client.query("drop schema public cascade");
  await client.query("drop schema if exists drizzle cascade");
  await client.query(`alter schema ${asideSchema} rename to public`);
  const { rows } = await client.query("select 1 from pg_namespace where nspname = $1", [`${asideSchema}_drizzle`]);
  if (rows.length > 0) await client.query(`alter schema ${asideSchema}_drizzle rename to drizzle`);
  await client.query("commit");
}

async function fill(client: pg.Client, options: RestoreOptions): Promise<number> {
  await client.query("begin");
  const tables = new Set(await tablesInOrder(client));
  let batch: { table: string; rows: string[] } = { table: "", rows: [] };
  for await (const { table, row } of backupRows(options.file)) {
    if (table !== batch.table || batch.rows.length === rowsAtOnce) {
      await insertRows(client, batch.table, batch.rows);
      batch = { table, rows: [] };
    }
    if (tables.has(table)) batch.rows.push(row);
  }
  await insertRows(client, batch.table, batch.rows);
  for (const table of tables) await advanceSequences(client, table);
  // Larger than any there was: an edge that heard of a later moment must not take this one for old news.
  await client.query("insert into stream_revision (revision) values ($1)", [options.clock.now().getTime()]);
  if (options.newCluster) await settleForNewCluster(client, options.clock.now());
  await writeAudit(client, options);
  await client.query("commit");
  const { rows } = await client.query<{ users: number }>("select count(*)::int as users from users");
  return rows[0]?.users ?? 0;
}

/**
 * Nothing of the old cluster runs here. Homes are looked for by name and label, and their new UID is taken from what is found: one that
 * was used is never made anew.
 */
async function settleForNewCluster(client: pg.Client, now: Date): Promise<void> {
  await client.query(
    "update homes set last_used_at = coalesce(last_used_at, created_at), claim_uid = null where claim_uid is not null",
  );
  await client.query(
    `update servers set desired = 'stopped', phase = 'stopped', phase_since = $1, generation = generation + 1,
            phase_generation = generation + 1, run_id = null, target = null, failure = null, secret = null,
            wait_phase = null, ready_at = null, stop_at = null, stop_why = null`,
    [now],
  );
  await client.query("delete from reservations");
  await client.query(
    `update server_runs set finished_at = coalesce(last_seen_at, started_at), ended_at = coalesce(ended_at, $1),
            end_reason = coalesce(end_reason, 'restored elsewhere')
      where ended_at is null or (finished_at is null and started_at is not null)`,
    [now],
  );
}

async function writeAudit(client: pg.Client, { newCluster, clock }: RestoreOptions): Promise<void> {
  await client.query(
    `insert into audit (at, actor_kind, actor_name, action, target, detail)
     values ($1, 'system', 'command line', 'installation.restore', 'installation', $2)`,
    [clock.now(), { newCluster }],
  );
}
