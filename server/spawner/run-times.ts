import type { Db } from "#db/client.ts";
import { closeRunsOtherThan, type RunTime, recordRunTimes, recordSeenRunning } from "#db/run-times.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import type { Sighting } from "./spawner.ts";

const batchMs = 1000;
/** What a crash of the hub can cost or give anybody: the minute until the next one. */
export const heartbeatMs = 60_000;

type Known = { readonly generation: number; readonly has: "started" | "finished" };
type Deps = { readonly db: Db; readonly clock: Clock; readonly log: Log; readonly source: RunTime["from"] };

/**
 * The ledger's times: what is charged runs from the pod's own start to the pod's own end, else from what Berth saw. Written in batches,
 * beside the reconciler's records: nobody waits for it.
 */
export class RunTimes {
  readonly #deps: Deps;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, Known>();
  #waiting: RunTime[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(deps: Deps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    signal.addEventListener("abort", () => clearTimeout(this.#timer ?? undefined), { once: true });
  }

  /** At every sighting; only a beginning or an end is written. */
  saw(sighting: Sighting): void {
    const { serverId, generation } = sighting.ref;
    const known = this.#known.get(serverId);
    const same = known?.generation === generation ? known.has : null;
    const time = timeOf(sighting, this.#deps.clock.now(), this.#deps.source);
    if (time === null || same === "finished" || (same === "started" && time.finishedAt === null)) return;
    this.#known.set(serverId, { generation, has: time.finishedAt === null ? "started" : "finished" });
    this.#waiting.push(time);
    this.#timer ??= setTimeout(() => void this.#flush(), batchMs);
  }

  /** With a complete list of what runs: what isn't in it has ended. `listedAt` is when the list was asked for. */
  async reconcile(all: readonly Sighting[], listedAt: Date): Promise<void> {
    for (const sighting of all) this.saw(sighting);
    await this.#flush();
    await closeRunsOtherThan(this.#deps.db, runsIn(all), listedAt);
  }

  async heartbeat(all: Iterable<Sighting>): Promise<void> {
    const running = [...all].filter(({ observation }) => observation.kind === "running");
    await recordSeenRunning(this.#deps.db, runsIn(running), this.#deps.clock.now());
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    const times = this.#waiting;
    this.#waiting = [];
    try {
      await recordRunTimes(this.#deps.db, times);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#deps.log.warn({ err: error, runs: times.length }, "times of runs were not written; trying again");
      this.#waiting.unshift(...times);
      this.#timer ??= setTimeout(() => void this.#flush(), batchMs * 5);
    }
  }
}

function runsIn(all: readonly Sighting[]) {
  return all
    .filter(({ observation }) => observation.kind !== "absent" && observation.kind !== "exited")
    .map(({ ref }) => ({ serverId: ref.serverId, generation: ref.generation }));
}

/** What a sighting says about the beginning and the end of its run; null when nothing. */
export function timeOf({ ref, observation }: Sighting, now: Date, source: RunTime["from"]): RunTime | null {
  const { serverId, generation } = ref;
  const run = { serverId, generation };
  switch (observation.kind) {
    case "running":
      return { ...run, startedAt: observation.since, finishedAt: null, from: source };
    case "exited":
      return { ...run, startedAt: observation.startedAt ?? null, finishedAt: observation.at, from: source };
    case "absent":
      return { ...run, startedAt: null, finishedAt: now, from: "observation" };
    case "waiting":
    case "stopping":
      return null;
    default:
      return observation satisfies never;
  }
}
