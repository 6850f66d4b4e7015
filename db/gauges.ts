import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { Phase } from "./servers.ts";

/** How things stand now, for metrics and support: counts, never names. */
export type ServerGauges = {
  readonly byPhase: ReadonlyMap<Phase, number>;
  /** Why servers that failed did so, by the closed list of reasons. */
  readonly failedByReason: ReadonlyMap<string, number>;
  /** Age of the oldest start that isn't ready yet; 0 when there is none. */
  readonly oldestStartSeconds: number;
};

export async function serverGauges(db: Db): Promise<ServerGauges> {
  const { rows } = await db.execute<{ phase: Phase; reason: string | null; n: number; oldest: number | null }>(sql`
    select phase, case when phase = 'failed' then failure->>'reason' end as reason, count(*)::int as n,
           extract(epoch from now() - min(wished_at) filter (where desired = 'running'))::float8 as oldest
      from servers group by 1, 2`);
  const byPhase = new Map<Phase, number>();
  const failedByReason = new Map<string, number>();
  let oldestStartSeconds = 0;
  for (const { phase, reason, n, oldest } of rows) {
    byPhase.set(phase, (byPhase.get(phase) ?? 0) + n);
    if (reason !== null) failedByReason.set(reason, n);
    if (phase === "queued" || phase === "spawning" || phase === "starting")
      oldestStartSeconds = Math.max(oldestStartSeconds, oldest ?? 0);
  }
  return { byPhase, failedByReason, oldestStartSeconds };
}

export type TableSize = { readonly table: string; readonly rows: number; readonly bytes: number };

/** Rows by the planner's estimate. */
export async function tableSizes(db: Db): Promise<TableSize[]> {
  const { rows } = await db.execute<TableSize>(sql`
    select c.relname as "table", greatest(c.reltuples, 0)::float8 as rows, pg_total_relation_size(c.oid)::float8 as bytes
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 3 desc`);
  return rows;
}

export async function migrationCount(db: Db): Promise<number> {
  const { rows } = await db.execute<{ n: number }>(sql`select count(*)::int as n from drizzle.__drizzle_migrations`);
  return rows[0]?.n ?? 0;
}
