import type { Phase, ServerRow } from "#db/servers.ts";

/**
 * How many starts are worked on at once, first come first served. Known in full to the one hub that leads; a position for
 * the page is counted by the database.
 */
export class SpawnQueue {
  readonly #limit: number;
  readonly #working = new Set<string>();
  readonly #waiting = new Map<string, number>();
  #freed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What the record says of this server now. */
  note(row: Pick<ServerRow, "id" | "phase" | "desired" | "wishedAt" | "phaseGeneration" | "generation">): void {
    const wantsRun = row.desired === "running" && (row.phase === "queued" || row.phaseGeneration < row.generation);
    if (wantsRun && !this.#waiting.has(row.id)) this.#waiting.set(row.id, row.wishedAt?.getTime() ?? 0);
    if (!wantsRun && this.#waiting.delete(row.id)) this.#freed = true;
    this.settle(row.id, row.phase);
  }

  hasSlotFor(serverId: string): boolean {
    if (this.#working.has(serverId)) return true;
    return this.next().includes(serverId);
  }

  /** Those whose turn it is, oldest first. */
  next(): string[] {
    const free = this.#limit - this.#working.size;
    if (free <= 0 || this.#waiting.size === 0) return [];
    if (this.#waiting.size <= free) return [...this.#waiting.keys()];
    return [...this.#waiting]
      .sort((a, b) => a[1] - b[1])
      .slice(0, free)
      .map(([id]) => id);
  }

  /** Takes the slot before the record is written, so that two looks at once can't take the same one. */
  begin(serverId: string, phase: Phase): void {
    if (phase === "spawning" || phase === "starting") {
      this.#waiting.delete(serverId);
      this.#working.add(serverId);
    }
  }

  settle(serverId: string, phase: Phase): void {
    if (phase === "spawning" || phase === "starting") this.#working.add(serverId);
    else if (this.#working.delete(serverId)) this.#freed = true;
  }

  /** Whose turn it has become since this was last asked: nobody while no slot was given back. */
  newlyNext(): string[] {
    if (!this.#freed) return [];
    this.#freed = false;
    return this.next();
  }
}
