import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import type { Sighting, SpawnerListener } from "../spawner.ts";
import { boundLog } from "./log-file.ts";
import { holdMemory } from "./memory-watch.ts";
import type { KnownRun, ServerTable } from "./server-table.ts";

const lookEveryMs = 250;
/** A server that is coming up is looked at more often: its page waits for it. */
const lookClosePeriodMs = 20;
const holdEveryMs = 1000;

type Watching = {
  readonly table: ServerTable;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves after `ms`, or as soon as something was started or stopped here. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
};

/**
 * Compares looks and calls back at what changed. Processes of an earlier hub aren't our children, so nobody tells when
 * they end; a look costs a few small reads a server.
 */
export class Watch {
  readonly #deps: Watching;
  readonly #listener: SpawnerListener;
  #known = new Map<string, { readonly sighting: Sighting; readonly text: string }>();
  #staleSince: Date | null = null;
  #heldAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: Watching, listener: SpawnerListener) {
    this.#deps = deps;
    this.#listener = listener;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const close = this.#look();
      await this.#deps.pause(close ? lookClosePeriodMs : lookEveryMs, signal).catch(() => undefined);
    }
  }

  /** True while something is coming up or going down. */
  #look(): boolean {
    let runs: KnownRun[];
    try {
      runs = this.#deps.table.all();
    } catch (error) {
      if (this.#staleSince === null) this.#deps.log.warn({ err: error }, "the servers of this machine can't be seen");
      this.#setStale(this.#staleSince ?? this.#deps.clock.now());
      return false;
    }
    this.#setStale(null);
    this.#report(runs);
    this.#hold(runs);
    return runs.some(isMoving);
  }

  #setStale(since: Date | null): void {
    if (this.#staleSince?.getTime() === since?.getTime()) return;
    this.#staleSince = since;
    this.#listener.stale(since);
  }

  #report(runs: readonly KnownRun[]): void {
    const before = this.#known;
    const seen = runs.map((run) => ({ run, sighting: run.sighting, text: JSON.stringify(run.sighting) }));
    this.#known = new Map(seen.map((one) => [one.sighting.ref.serverId, one]));
    for (const { run, sighting, text } of seen) {
      const known = before.get(sighting.ref.serverId);
      if (known?.text === text) continue;
      this.#listener.changed(sighting);
      if (known?.sighting.observation.kind !== "running" && run.listening === "not-yet") this.#tell(sighting);
    }
    for (const [serverId, { sighting }] of before)
      if (!this.#known.has(serverId)) this.#listener.changed({ ref: sighting.ref, observation: { kind: "absent" } });
  }

  #tell({ ref, observation }: Sighting): void {
    if (observation.kind !== "running") return;
    const at = this.#deps.clock.now();
    this.#listener.event(ref.serverId, ref.generation, { at, message: "The server's process runs.", warning: false });
  }

  #hold(runs: readonly KnownRun[]): void {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#heldAtMs < holdEveryMs) return;
    this.#heldAtMs = now;
    for (const run of runs) {
      boundLog(run.files.path("log", run.facts.record.generation));
      holdMemory(run.files, run.facts);
    }
  }
}

function isMoving({ sighting, listening }: KnownRun): boolean {
  const { kind } = sighting.observation;
  return kind === "waiting" || kind === "stopping" || (kind === "running" && listening === "not-yet");
}
