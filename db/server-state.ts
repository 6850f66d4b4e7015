import { getTableColumns, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { releasable } from "./reservations.ts";
import { homes } from "./schema/homes.ts";
import { serverRuns } from "./schema/runs.ts";
import { reservations, serverEvents, servers } from "./schema/servers.ts";
import { streamChanges, streamRevision } from "./schema/system.ts";
import type { Phase, ServerRow } from "./servers.ts";
import { notifyChannel, type StreamRecord } from "./stream.ts";

export type StateChange = Partial<
  Pick<ServerRow, "phase" | "phaseSince" | "phaseGeneration" | "runId" | "target" | "failure" | "waitPhase" | "readyAt">
>;

/** What the record was when it was decided from: it is refused when any of it has changed. */
export type StateKey = {
  readonly serverId: string;
  readonly generation: number;
  readonly desired: string;
  readonly phase: Phase;
  readonly epoch: number;
};

/** The line in the ledger of runs that goes with a change. */
export type LedgerEntry =
  | { readonly kind: "begun"; readonly run: Omit<typeof serverRuns.$inferInsert, "id" | "serverId"> }
  | { readonly kind: "ready"; readonly generation: number; readonly at: Date; readonly homeId: string | null }
  | { readonly kind: "ended"; readonly generation: number; readonly at: Date; readonly reason: string };

export type StateRecord = {
  readonly key: StateKey;
  readonly change: StateChange;
  readonly ledger: LedgerEntry | null;
  readonly tellEdges: boolean;
  /** Nothing of it is left: what it held of its group's quota goes back with the record that says so. */
  readonly releases: boolean;
};

/**
 * Records what the reconciler made of a server, its line in the ledger and what the edges must know. Refused (false) when wish or state
 * changed meanwhile or another hub leads by now: `epoch` is the fence of R-02, so a leader that slept through its lease can't write.
 *
 * One statement, because five records make a start and five hundred starts come at once: as a transaction of single statements they cost
 * four times the CPU. The parts see one another by what they return, so nothing but `saved` decides whether they do anything.
 */
export async function recordState(db: Db | Tx, record: StateRecord): Promise<boolean> {
  const { key, change, ledger, tellEdges, releases } = record;
  const parts = [sql`saved as (${updateState(key, change)})`, ...ledgerParts(ledger)];
  if (releases)
    parts.push(
      sql`released as (delete from ${reservations} using saved where ${releasable(sql`saved.id`, key.generation)})`,
    );
  if (tellEdges) parts.push(...streamParts(key.serverId));
  const told = tellEdges
    ? sql`, (select pg_notify(${notifyChannel}, 'stream:' || revision) from next_revision)`
    : sql``;
  const { rows } = await db.execute(
    sql`with ${sql.join(parts, sql`, `)} select pg_notify(${notifyChannel}, ${`server:${key.serverId}`})${told} from saved`,
  );
  return rows.length === 1;
}

function updateState({ serverId, generation, desired, phase, epoch }: StateKey, change: StateChange): SQL {
  const columns = getTableColumns(servers);
  const sets = Object.entries({ ...change, leaseEpoch: epoch }).map(([name, value]) => {
    const column = columns[name as keyof StateChange | "leaseEpoch"];
    return sql`${sql.identifier(column.name)} = ${value === null ? sql`null` : sql.param(value, column)}`;
  });
  return sql`update ${servers} set ${sql.join(sets, sql`, `)}
    where ${servers.id} = ${serverId} and ${servers.generation} = ${generation} and ${servers.desired} = ${desired}
      and ${servers.phase} = ${phase} and ${epoch} = (select epoch from leases where name = 'reconciler')
    returning ${servers.id}, ${servers.groupId}`;
}

function ledgerParts(entry: LedgerEntry | null): SQL[] {
  switch (entry?.kind) {
    case undefined:
      return [];
    case "begun": {
      const { userId, generation, profileSlug, cpuMillicores, memoryBytes, gpus = 0, wishedAt } = entry.run;
      return [
        sql`older_events as (delete from ${serverEvents} using saved
          where ${serverEvents.serverId} = saved.id and ${serverEvents.generation} < ${generation})`,
        sql`run as (insert into ${serverRuns}
            (server_id, group_id, user_id, generation, profile_slug, cpu_millicores, memory_bytes, gpus, wished_at)
          select saved.id, saved.group_id, ${userId}::uuid, ${generation}::int, ${profileSlug}::text, ${cpuMillicores}::int,
            ${memoryBytes}::bigint, ${gpus}::int, ${sql.param(wishedAt, serverRuns.wishedAt)}::timestamptz from saved on conflict do nothing)`,
      ];
    }
    case "ready": {
      const at = sql.param(entry.at, serverRuns.readyAt);
      const run = sql`run as (update ${serverRuns} set ready_at = ${at} from saved
        where ${serverRuns.serverId} = saved.id and ${serverRuns.generation} = ${entry.generation})`;
      if (entry.homeId === null) return [run];
      return [
        run,
        sql`home as (update ${homes} set last_used_at = ${sql.param(entry.at, homes.lastUsedAt)} from saved
          where ${homes.id} = ${entry.homeId})`,
      ];
    }
    case "ended":
      return [
        sql`run as (update ${serverRuns} set ended_at = ${sql.param(entry.at, serverRuns.endedAt)}, end_reason = ${entry.reason}
          from saved where ${serverRuns.serverId} = saved.id and ${serverRuns.generation} = ${entry.generation})`,
      ];
    default:
      return entry satisfies never;
  }
}

/** The counter's row stays locked until the statement commits, so revisions have no gaps and the order of commits (stream.ts). */
function streamParts(serverId: string): SQL[] {
  const record: StreamRecord = { type: "server", serverId };
  return [
    sql`next_revision as (insert into ${streamRevision} (one, revision) select true, 1 from saved
      on conflict (one) do update set revision = ${streamRevision.revision} + 1 returning ${streamRevision.revision})`,
    sql`line as (insert into ${streamChanges} (revision, changes)
      select revision, ${JSON.stringify([record])}::jsonb from next_revision)`,
  ];
}
