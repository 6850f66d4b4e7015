import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { serverRuns } from "./schema/runs.ts";

/** What was seen of one run. `from`: the pod's own words, or what Berth saw. */
export type RunTime = {
  readonly serverId: string;
  readonly generation: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly from: "pod" | "observation";
};

type RunKey = { readonly serverId: string; readonly generation: number };

const instant = (date: Date | null) =>
  date === null ? sql`null::timestamptz` : sql`${date.toISOString()}::timestamptz`;

/**
 * Writes down when runs began and ended. The first word on a beginning and on an end stands, and an end never lies before the beginning; so
 * the same may be said again, in any order, by any hub.
 */
export async function recordRunTimes(db: Db, times: readonly RunTime[]): Promise<void> {
  if (times.length === 0) return;
  const rows = times.map(
    (time) =>
      sql`(${time.serverId}::uuid, ${time.generation}::int, ${instant(time.startedAt)}, ${instant(time.finishedAt)}, ${time.from})`,
  );
  await db.execute(sql`update ${serverRuns} r set
      started_at = coalesce(r.started_at, v.started_at),
      finished_at = coalesce(r.finished_at,
        case when v.finished_at is not null then greatest(v.finished_at, coalesce(r.started_at, v.started_at)) end),
      times_from = case when r.finished_at is null then v.source else r.times_from end
    from (values ${sql.join(rows, sql`, `)}) as v(server_id, generation, started_at, finished_at, source)
    where r.server_id = v.server_id and r.generation = v.generation
      and (r.started_at is null or (r.finished_at is null and v.finished_at is not null))
      and coalesce(r.started_at, v.started_at) is not null`);
}

/** Runs that are seen running now: what is charged until, should nobody see their end. */
export async function recordSeenRunning(db: Db, running: readonly RunKey[], now: Date): Promise<void> {
  if (running.length === 0) return;
  await db.execute(sql`update ${serverRuns} set last_seen_at = ${instant(now)}
    where ${serverRuns.finishedAt} is null and (${serverRuns.serverId}, ${serverRuns.generation}) in (${keys(running)})`);
}

/** Runs on the books that aren't there any more ended when they were last seen. Only for a complete and fresh view of what runs. */
export async function closeRunsOtherThan(db: Db, running: readonly RunKey[], seenSince: Date): Promise<void> {
  const others =
    running.length === 0
      ? sql`true`
      : sql`(${serverRuns.serverId}, ${serverRuns.generation}) not in (${keys(running)})`;
  await db.execute(sql`update ${serverRuns}
    set finished_at = coalesce(${serverRuns.lastSeenAt}, ${serverRuns.startedAt}), times_from = 'observation'
    where ${serverRuns.finishedAt} is null and ${serverRuns.startedAt} < ${instant(seenSince)} and ${others}`);
}

function keys(runs: readonly RunKey[]): SQL {
  const rows = runs.map(({ serverId, generation }) => sql`(${serverId}::uuid, ${generation}::int)`);
  return sql`values ${sql.join(rows, sql`, `)}`;
}
