import type { Db } from "#db/client.ts";
import { heldAtRest, releaseReservation } from "#db/reservations.ts";
import type { ServerRow } from "#db/servers.ts";
import type { Seen, Step } from "./machine-state.ts";

type Sight = Pick<Seen, "observation" | "live">;
type Outcome = Pick<Step, "state" | "stateGeneration">;

/**
 * Whether a server is at rest and nothing of it is left, so that what it held of its group's quota may go back. Invariant
 * (property-tested with the machine): a reservation exists whenever something of its server may run. Only a live look says "gone".
 */
export function isOver(next: Outcome, wishGeneration: number, seen: Sight): boolean {
  return isAtRest(next, wishGeneration) && seen.live && seen.observation?.kind === "absent";
}

function isAtRest({ state, stateGeneration }: Outcome, wishGeneration: number): boolean {
  return (state.phase === "stopped" || state.phase === "failed") && stateGeneration === wishGeneration;
}

/**
 * Servers at rest whose reservation may still be there. Most go with the record that says the server is stopped; these are the
 * others: a failed run that is being removed, a stop while it was unknown what runs, what a crash left.
 */
export class Releases {
  readonly #db: Db;
  readonly #epoch: number;
  readonly #held = new Set<string>();

  constructor(db: Db, epoch: number) {
    this.#db = db;
    this.#epoch = epoch;
  }

  /** Every server at rest that holds something. One read: nothing is written while there is nothing to release. */
  async findHeld(): Promise<readonly string[]> {
    const ids = await heldAtRest(this.#db);
    for (const id of ids) this.#held.add(id);
    return ids;
  }

  /** What was recorded, and whether its reservation went with it. */
  noteRecorded(row: ServerRow, next: Outcome, released: boolean): void {
    if (isAtRest(next, row.generation) && !released) this.#held.add(row.id);
    else this.#held.delete(row.id);
  }

  /** Releases what is over. True: whether it is takes a live look first. */
  async needsLook(row: ServerRow, next: Outcome, seen: Sight): Promise<boolean> {
    if (!this.#held.has(row.id) || !isAtRest(next, row.generation)) return false;
    // Something is there, and the machine removes it.
    if (seen.observation !== null && seen.observation.kind !== "absent") return false;
    if (!isOver(next, row.generation, seen)) return true;
    await releaseReservation(this.#db, { serverId: row.id, generation: row.generation, epoch: this.#epoch });
    this.#held.delete(row.id);
    return false;
  }
}
