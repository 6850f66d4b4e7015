import { type Db, inTransaction, type Tx } from "#db/client.ts";
import { beginRun, forgetOlderEvents, markHomeUsed, markRun, type ServerRow, saveState } from "#db/servers.ts";
import { appendStream, notify } from "#db/stream.ts";
import type { ServerState } from "./machine.ts";
import { changeFor, specOf } from "./record.ts";

type Saving = {
  readonly row: ServerRow;
  readonly next: ServerState;
  readonly stateGeneration: number;
  readonly epoch: number;
  readonly now: Date;
};

/**
 * Records a state, its line in the ledger and what the edges must know, in one transaction. False: the wish changed
 * meanwhile, look again.
 */
export async function saveServerState(db: Db, saving: Saving): Promise<boolean> {
  const { row, next, stateGeneration, epoch, now } = saving;
  return await inTransaction(db, async (tx) => {
    const key = { serverId: row.id, generation: row.generation, desired: row.desired, phase: row.phase, epoch };
    if (!(await saveState(tx, key, changeFor(next, stateGeneration, now)))) return false;
    await writeLedger(tx, saving);
    if (edgesCare(row, next)) await appendStream(tx, [{ type: "server", serverId: row.id }]);
    await notify(tx, `server:${row.id}`);
    return true;
  });
}

/** What a route or a "not running" page is made from changed. */
function edgesCare(row: ServerRow, next: ServerState): boolean {
  const pending = (phase: string) => phase === "queued" || phase === "spawning" || phase === "starting";
  return !(row.phase === next.phase || (pending(row.phase) && pending(next.phase)));
}

async function writeLedger(tx: Tx, { row, next, stateGeneration, now }: Saving): Promise<void> {
  const run = { serverId: row.id, generation: stateGeneration };
  switch (next.phase) {
    case "spawning": {
      const spec = specOf(row);
      if (spec === null) return;
      await forgetOlderEvents(tx, row.id, stateGeneration);
      await beginRun(tx, {
        ...run,
        userId: row.userId,
        profileSlug: spec.profile.slug,
        cpuMillicores: spec.cpu.limitMillicores,
        memoryBytes: spec.memory.limitBytes,
        wishedAt: row.wishedAt ?? now,
      });
      return;
    }
    case "ready":
      await markRun(tx, run, { readyAt: next.since });
      if (row.homeId !== null) await markHomeUsed(tx, row.homeId, null, now);
      return;
    case "stopped":
    case "failed":
      if (row.phase === next.phase) return;
      await markRun(tx, run, { endedAt: now, endReason: next.phase === "failed" ? next.failure.reason : "stopped" });
      return;
    default:
      return;
  }
}
