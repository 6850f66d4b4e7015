import { unsettledServers } from "#db/servers.ts";
import { Effects } from "./effects.ts";
import { EventWriter } from "./event-writer.ts";
import { isListDue } from "./list-due.ts";
import { Looks, lookAgainMs } from "./looks.ts";
import { step } from "./machine.ts";
import { Probes } from "./probe.ts";
import { SpawnQueue } from "./queue.ts";
import { specOf, stateOf, wishOf } from "./record.ts";
import { RecordReader } from "./record-reader.ts";
import { briefMs, Recorder } from "./recorder.ts";
import { isOver, Releases } from "./releases.ts";
import { heartbeatMs, RunTimes } from "./run-times.ts";
import { Sightings } from "./sightings.ts";
import type { Sighting } from "./spawner.ts";
import type { TermDeps } from "./term-deps.ts";

const scanEveryMs = 5000;
const resyncEveryMs = 30_000;

/** One leadership: what it knows dies with it. */
export class Term {
  readonly #deps: TermDeps;
  readonly #signal: AbortSignal;
  readonly #sightings = new Sightings();
  readonly #queue: SpawnQueue;
  readonly #events: EventWriter;
  readonly #probes: Probes;
  readonly #records: RecordReader;
  readonly #releases: Releases;
  readonly #times: RunTimes;
  #listedAtMs: number | null = null;
  #mayHaveMissed = false;
  readonly #looks: Looks;
  readonly #recorder: Recorder;
  readonly #effects: Effects;

  constructor(deps: TermDeps, epoch: number, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#queue = new SpawnQueue(deps.concurrentSpawnLimit);
    this.#events = new EventWriter(deps.db, deps.log, signal);
    this.#probes = new Probes(deps.clock, signal);
    this.#records = new RecordReader(deps.db);
    this.#releases = new Releases(deps.db, epoch);
    const { db, clock, log, spawner } = deps;
    const source = spawner.kind === "kubernetes" ? "pod" : "observation";
    this.#times = new RunTimes({ db, clock, log, source }, signal);
    this.#looks = new Looks((serverId) => this.#look(serverId), clock, log, signal);
    const knowledge = {
      ...{ deps, epoch, signal, sightings: this.#sightings, queue: this.#queue, probes: this.#probes },
      ...{ releases: this.#releases, times: this.#times, looks: this.#looks, tell: this.#events.add },
      saw: (sighting: Sighting) => this.#saw(sighting),
    };
    this.#recorder = new Recorder(knowledge);
    this.#effects = new Effects(knowledge, this.#recorder);
  }

  get staleSince(): Date | null {
    return this.#sightings.staleSince;
  }

  async run(): Promise<void> {
    const watching = this.#watch();
    const resyncing = this.#every(resyncEveryMs, () => this.#resync());
    const scanning = this.#every(scanEveryMs, () => this.#scan());
    const beating = this.#every(heartbeatMs, () => this.#beat());
    await Promise.all([watching, resyncing, scanning, beating]);
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    let failed = false;
    while (!this.#signal.aborted) {
      const before = failed;
      failed = await work().then(
        () => false,
        (error: unknown) => {
          this.#deps.log.warn({ err: error }, "a look at all servers failed; trying again");
          return true;
        },
      );
      if (before && !failed) this.#looks.retryAll();
      await this.#deps.clock.sleep(failed ? Math.min(ms, scanEveryMs) : ms, this.#signal).catch(() => undefined);
    }
  }

  async #watch(): Promise<void> {
    const listener = {
      changed: (sighting: Sighting) => {
        this.#saw(sighting);
        this.#probes.observe(sighting);
        this.#looks.now(sighting.ref.serverId);
      },
      event: this.#events.add,
      stale: (since: Date | null) => {
        const isBack = since === null && this.#sightings.staleSince !== null;
        this.#sightings.setStale(since);
        this.#mayHaveMissed = true;
        if (isBack) this.#looks.retryAll();
      },
    };
    while (!this.#signal.aborted) {
      await this.#deps.spawner.watch(listener, this.#signal).catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, "the watch ended; starting it again");
      });
      this.#mayHaveMissed = true;
      if (!this.#signal.aborted) await this.#deps.clock.sleep(lookAgainMs, this.#signal).catch(() => undefined);
    }
  }

  /** Truth for what the watch may have missed: everything listed, and every record that says something runs. */
  async #resync(): Promise<void> {
    const startedMs = this.#deps.clock.monotonicMs();
    const listedMsAgo = this.#listedAtMs === null ? null : startedMs - this.#listedAtMs;
    if (!isListDue({ listedMsAgo, mayHaveMissed: this.#mayHaveMissed })) return;
    this.#mayHaveMissed = this.#sightings.staleSince !== null;
    this.#listedAtMs = null;
    const askedAt = this.#deps.clock.now();
    const all = await this.#deps.spawner.observeAll(this.#signal).catch((error: unknown) => {
      this.#sightings.noteListFailed(askedAt);
      throw error;
    });
    const first = this.#sightings.reset(all);
    const seconds = (this.#deps.clock.monotonicMs() - startedMs) / 1000;
    this.#deps.timings.observe(first ? "init_spawners_duration_seconds" : "check_routes_duration_seconds", seconds);
    for (const sighting of all) this.#looks.sweep(sighting.ref.serverId);
    for (const id of await unsettledServers(this.#deps.db, { andReady: true })) this.#looks.sweep(id);
    await this.#times.reconcile(all, askedAt);
    // Last: what failed half-way is done again.
    this.#listedAtMs = startedMs;
  }

  /** What is seen running is charged until now, whatever happens next. What isn't seen fresh isn't seen. */
  async #beat(): Promise<void> {
    if (this.#sightings.staleSince === null) await this.#times.heartbeat(this.#sightings.all());
  }

  #saw(sighting: Sighting): void {
    this.#sightings.record(sighting);
    this.#times.saw(sighting);
  }

  async #scan(): Promise<void> {
    for (const id of await unsettledServers(this.#deps.db, { andReady: false })) this.#looks.sweep(id);
    for (const id of await this.#releases.findHeld()) this.#looks.sweep(id);
  }

  /** Somebody has news of this server. */
  poke(serverId: string): void {
    this.#looks.now(serverId);
  }

  async #look(serverId: string): Promise<void> {
    const found = await this.#records.read(serverId);
    if (found === undefined) return await this.#effects.removeOrphan(serverId);
    const { server: row } = found;
    const seen = this.#sightings.of(serverId, { generation: row.phaseGeneration, runId: row.runId });
    const spec = specOf(row);
    this.#queue.note(row);
    const next = step({
      wish: wishOf(row),
      state: stateOf(row),
      stateGeneration: row.phaseGeneration,
      seen: { ...seen, slotFree: this.#queue.hasSlotFor(serverId) },
      limits: {
        startTimeoutSeconds: spec?.startTimeoutSeconds ?? 300,
        httpTimeoutSeconds: spec?.httpTimeoutSeconds ?? 60,
      },
      now: this.#deps.clock.now(),
    });
    // At once, so that two looks can't be given one slot.
    this.#queue.begin(serverId, next.state.phase);
    const withLog = await this.#recorder.withLog(row, next);
    if (this.#recorder.isBrief(row, withLog.state)) return this.#looks.after(serverId, briefMs);
    // A run that is up nearly always answers at once, and then the next record says so: the probe writes this one if it doesn't.
    const writesLater = withLog.effect.do === "probe";
    const over = isOver(withLog, row.generation, seen);
    if (!writesLater && !(await this.#recorder.record(row, withLog, over))) return this.#looks.now(serverId);
    const unsure = await this.#releases.needsLook(row, withLog, seen);
    await this.#effects.perform(found, unsure ? { ...withLog, effect: { do: "look" } } : withLog);
  }
}
