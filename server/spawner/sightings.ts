import type { Seen } from "./machine-state.ts";
import type { Sighting } from "./spawner.ts";

/** What the backend last said of each server, and how much that is worth. Lives and dies with one leadership. */
export class Sightings {
  #seen = new Map<string, Sighting>();
  #listed = false;
  #staleSince: Date | null = null;
  /** Since when the first list has failed: a hub that comes up while its backend is away. */
  #unlistedSince: Date | null = null;

  /** Everything there is, from a live list. True the first time. */
  reset(all: readonly Sighting[]): boolean {
    const first = !this.#listed;
    this.#seen = new Map(all.map((sighting) => [sighting.ref.serverId, sighting]));
    this.#listed = true;
    this.#unlistedSince = null;
    return first;
  }

  noteListFailed(askedAt: Date): void {
    if (!this.#listed) this.#unlistedSince ??= askedAt;
  }

  record(sighting: Sighting): void {
    this.#seen.set(sighting.ref.serverId, sighting);
  }

  /** A new start begins: what was seen of the run before says nothing any more. */
  forget(serverId: string): void {
    this.#seen.delete(serverId);
  }

  get staleSince(): Date | null {
    return this.#staleSince ?? this.#unlistedSince;
  }

  setStale(since: Date | null): void {
    this.#staleSince = since;
    if (since === null) this.#unlistedSince = null;
  }

  all(): Iterable<Sighting> {
    return this.#seen.values();
  }

  /**
   * As the machine wants it. An event about the very run that is on record is as good as a live look; never having heard
   * of a server isn't, and while the view is stale nothing is.
   */
  of(serverId: string, record: { readonly generation: number; readonly runId: string | null }): Omit<Seen, "slotFree"> {
    const sighting = this.#seen.get(serverId);
    const stale = this.staleSince !== null;
    if (sighting === undefined) {
      const known = this.#listed && !stale;
      return { observation: known ? { kind: "absent" } : null, seenGeneration: record.generation, live: false, stale };
    }
    const { ref, observation } = sighting;
    const sameRun = record.runId === null ? ref.generation === record.generation : ref.runId === record.runId;
    const live = !stale && (observation.kind !== "absent" || sameRun);
    return { observation, seenGeneration: ref.generation, live, stale };
  }
}
