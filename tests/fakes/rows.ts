import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";

/** Not what anybody asked for: who leads, and how often somebody guessed. */
const apart: ReadonlySet<string> = new Set(["leases", "login_attempts"]);

/** Written beside what anybody asked for, in a time of its own: the ledger, when somebody was last active, or a token used. */
const besides: Readonly<Record<string, readonly string[]>> = {
  servers: ["last_activity_at"],
  users: ["last_activity_at"],
  tokens: ["last_used_at"],
  server_runs: ["started_at", "finished_at", "last_seen_at", "times_from"],
};

type Seen = { readonly snapshot: string; readonly rows: Record<string, string[]> };
const seen = new WeakMap<Db, Map<string, Seen>>();

/** Every row of every table there is as JSON text, so that a new table is looked at as well. */
export async function allRows(db: Db, except: readonly string[] = []): Promise<Record<string, string[]>> {
  // Where the same transactions are over as at the last look, every row is what it was (PostgreSQL's manual, 9.27, pg_current_snapshot).
  const snapshot = await snapshotOf(db);
  const ofDatabase = seen.get(db) ?? new Map<string, Seen>();
  const last = ofDatabase.get(String(except));
  if (last?.snapshot === snapshot) return last.rows;
  const rows = await readAll(db, except);
  seen.set(db, ofDatabase.set(String(except), { snapshot, rows }));
  return rows;
}

async function snapshotOf(db: Db): Promise<string> {
  const found = await db.execute<{ snapshot: string }>(sql`select pg_current_snapshot()::text as snapshot`);
  return found.rows[0]?.snapshot ?? "";
}

async function readAll(db: Db, except: readonly string[]): Promise<Record<string, string[]>> {
  const tables = await db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const rows: Record<string, string[]> = {};
  for (const { name } of tables.rows) {
    if (apart.has(name) || except.includes(name)) continue;
    const left = sql.param(besides[name] ?? []);
    const found = await db.execute<{ row: string }>(
      sql`select (to_jsonb(t) - ${left}::text[])::text as row from ${sql.identifier(name)} t order by 1`,
    );
    rows[name] = found.rows.map(({ row }) => row);
  }
  return rows;
}
