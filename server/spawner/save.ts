import type { Db } from "#db/client.ts";
import { type LedgerEntry, recordState } from "#db/server-state.ts";
import type { ServerRow } from "#db/servers.ts";
import { limitsOf } from "#server/profiles/limits.ts";
import type { ServerState } from "./machine-state.ts";
import { changeFor, specOf } from "./record.ts";

type Saving = {
  readonly row: ServerRow;
  readonly next: ServerState;
  readonly stateGeneration: number;
  readonly epoch: number;
  readonly now: Date;
  /** Nothing of it is left (`isOver`). */
  readonly releases: boolean;
};

/**
 * Records a state, its line in the ledger and what the edges must know, all or nothing. False: the wish changed
 * meanwhile, look again.
 */
export async function saveServerState(db: Db, saving: Saving): Promise<boolean> {
  const { row, next, stateGeneration, epoch, now } = saving;
  return await recordState(db, {
    key: { serverId: row.id, generation: row.generation, desired: row.desired, phase: row.phase, epoch },
    change: changeFor(next, stateGeneration, now),
    ledger: ledgerFor(saving),
    tellEdges: edgesCare(row, next),
    releases: saving.releases,
  });
}

/** What a route or a "not running" page is made from changed. */
function edgesCare(row: ServerRow, next: ServerState): boolean {
  const pending = (phase: string) => phase === "queued" || phase === "spawning" || phase === "starting";
  return !(row.phase === next.phase || (pending(row.phase) && pending(next.phase)));
}

function ledgerFor({ row, next, stateGeneration: generation, now }: Saving): LedgerEntry | null {
  switch (next.phase) {
    case "spawning": {
      const spec = specOf(row);
      if (spec === null) return null;
      const run = {
        generation,
        userId: row.userId,
        profileSlug: spec.profile.slug,
        cpuMillicores: spec.cpu.limitMillicores,
        memoryBytes: spec.memory.limitBytes,
        gpus: limitsOf(spec).gpus,
        wishedAt: row.wishedAt ?? now,
      };
      return { kind: "begun", run };
    }
    case "ready":
      return { kind: "ready", generation, at: next.since, homeId: row.homeId };
    case "stopped":
    case "failed":
      if (row.phase === next.phase) return null;
      // It runs on.
      if (next.phase === "failed" && next.failure.reason === "not-stopping") return null;
      return { kind: "ended", generation, at: now, reason: next.phase === "failed" ? next.failure.reason : "stopped" };
    default:
      return null;
  }
}
