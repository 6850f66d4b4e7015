import type { Db } from "#db/client.ts";
import { type ServerRow, type ServerWithOwner, unsettledServers } from "#db/servers.ts";
import type { Clock } from "#server/clock.ts";
import { isHubError } from "#server/errors.ts";
import type { Log } from "#server/log.ts";
import type { Timings } from "#server/timings.ts";
import { EventWriter } from "./event-writer.ts";
import { answered, type Effect, type ServerState, type Step, step, unanswered } from "./machine.ts";
import { Probes } from "./probe.ts";
import { SpawnQueue } from "./queue.ts";
import { isSameState, refOf, specOf, stateOf, wishOf } from "./record.ts";
import { RecordReader } from "./record-reader.ts";
import { isOver, Releases } from "./releases.ts";
import { heartbeatMs, RunTimes } from "./run-times.ts";
import { saveServerState } from "./save.ts";
import { Sightings } from "./sightings.ts";
import type { ServerRef, Sighting, Spawner, SpawnOrder } from "./spawner.ts";
import { Turns } from "./turns.ts";

export type TermDeps = {
  readonly db: Db;
  readonly spawner: Spawner;
  readonly clock: Clock;
  readonly log: Log;
  readonly concurrentSpawnLimit: number;
  orderFor(server: ServerWithOwner): Promise<SpawnOrder>;
  /** Path that is requested until it answers. */
  readyPathFor(server: ServerWithOwner): string;
  readonly timings: Timings;
  onSpawned(server: ServerRow, homeUid: string | null): Promise<void>;
};

const scanEveryMs = 5000;
const resyncEveryMs = 30_000;
const lookAgainMs = 1000;
const briefMs = 250;
/** Half of the pool at most: the other half is for people, however many servers start. */
const writesAtOnce = 8;
const answersAtOnceMs = 50;
const logLines = 30;

/** One leadership: what it knows dies with it. */
export class Term {
  readonly #deps: TermDeps;
  readonly #epoch: number;
  readonly #signal: AbortSignal;
  readonly #sightings = new Sightings();
  readonly #queue: SpawnQueue;
  readonly #events: EventWriter;
  readonly #busy = new Map<string, { again: boolean }>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #probes: Probes;
  readonly #waits = new Map<string, { readonly wait: string; readonly sinceMs: number }>();
  readonly #records: RecordReader;
  readonly #writes = new Turns(writesAtOnce);
  readonly #releases: Releases;
  readonly #times: RunTimes;

  constructor(deps: TermDeps, epoch: number, signal: AbortSignal) {
    this.#deps = deps;
    this.#epoch = epoch;
    this.#signal = signal;
    this.#queue = new SpawnQueue(deps.concurrentSpawnLimit);
    this.#events = new EventWriter(deps.db, deps.log, signal);
    this.#probes = new Probes(deps.clock, signal);
    this.#records = new RecordReader(deps.db);
    this.#releases = new Releases(deps.db, epoch);
    const { db, clock, log, spawner } = deps;
    const source = spawner.kind === "kubernetes" ? "pod" : "observation";
    this.#times = new RunTimes({ db, clock, log, source }, signal);
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
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    while (!this.#signal.aborted) {
      await work().catch((error: unknown) =>
        this.#deps.log.warn({ err: error }, "a look at all servers failed; trying again"),
      );
      await this.#deps.clock.sleep(ms, this.#signal).catch(() => undefined);
    }
  }

  async #watch(): Promise<void> {
    const listener = {
      changed: (sighting: Sighting) => {
        this.#saw(sighting);
        this.#probes.observe(sighting);
        this.schedule(sighting.ref.serverId);
      },
      event: this.#events.add,
      stale: (since: Date | null) => this.#sightings.setStale(since),
    };
    while (!this.#signal.aborted) {
      await this.#deps.spawner.watch(listener, this.#signal).catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, "the watch ended; starting it again");
      });
      if (!this.#signal.aborted) await this.#deps.clock.sleep(lookAgainMs, this.#signal).catch(() => undefined);
    }
  }

  /** Truth for what the watch may have missed: everything listed, and every record that says something runs. */
  async #resync(): Promise<void> {
    const startedMs = this.#deps.clock.monotonicMs();
    const askedAt = this.#deps.clock.now();
    const all = await this.#deps.spawner.observeAll(this.#signal);
    const first = this.#sightings.reset(all);
    const seconds = (this.#deps.clock.monotonicMs() - startedMs) / 1000;
    this.#deps.timings.observe(first ? "init_spawners_duration_seconds" : "check_routes_duration_seconds", seconds);
    for (const sighting of all) this.schedule(sighting.ref.serverId);
    for (const id of await unsettledServers(this.#deps.db, { andReady: true })) this.schedule(id);
    await this.#times.reconcile(all, askedAt);
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
    for (const id of await unsettledServers(this.#deps.db, { andReady: false })) this.schedule(id);
    for (const id of await this.#releases.findHeld()) this.schedule(id);
  }

  /** One look at a time per server; a call meanwhile means one more look after it. */
  schedule(serverId: string): void {
    if (this.#signal.aborted) return;
    const busy = this.#busy.get(serverId);
    if (busy) {
      busy.again = true;
      return;
    }
    clearTimeout(this.#timers.get(serverId));
    this.#timers.delete(serverId);
    const entry = { again: false };
    this.#busy.set(serverId, entry);
    void this.#look(serverId)
      .catch((error: unknown) => this.#onError(serverId, error))
      .finally(() => {
        this.#busy.delete(serverId);
        if (entry.again) this.schedule(serverId);
      });
  }

  #scheduleAfter(serverId: string, ms: number): void {
    if (this.#signal.aborted) return;
    clearTimeout(this.#timers.get(serverId));
    const timer = setTimeout(() => this.schedule(serverId), Math.max(0, ms));
    this.#timers.set(serverId, timer);
  }

  #onError(serverId: string, error: unknown): void {
    if (this.#signal.aborted) return;
    const level = isHubError(error) && error.code === "unavailable" ? "warn" : "error";
    this.#deps.log[level]({ err: error, serverId }, "looking at a server failed; trying again");
    this.#scheduleAfter(serverId, lookAgainMs);
  }

  async #look(serverId: string): Promise<void> {
    const found = await this.#records.read(serverId);
    if (found === undefined) return await this.#removeOrphan(serverId);
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
    const withLog = await this.#withLog(row, next);
    if (this.#isBrief(row, withLog.state)) return this.#scheduleAfter(serverId, briefMs);
    // A run that is up nearly always answers at once, and then the next record says so: the probe writes this one if it doesn't.
    const writesLater = withLog.effect.do === "probe";
    const over = isOver(withLog, row.generation, seen);
    if (!writesLater && !(await this.#record(row, withLog, over))) return this.schedule(serverId);
    const unsure = await this.#releases.needsLook(row, withLog, seen);
    await this.#perform(found, unsure ? { ...withLog, effect: { do: "look" } } : withLog);
  }

  /** What a start waits for is only shown: it is written once it has lasted, for most of it is over in a moment. */
  #isBrief(row: ServerRow, next: ServerState): boolean {
    const known = this.#waits.get(row.id);
    if (row.phase !== "starting" || next.phase !== "starting" || next.wait === null || next.wait === row.waitPhase) {
      this.#waits.delete(row.id);
      return false;
    }
    const nowMs = this.#deps.clock.monotonicMs();
    if (known?.wait !== next.wait) this.#waits.set(row.id, { wait: next.wait, sinceMs: nowMs });
    return nowMs - (known?.wait === next.wait ? known.sinceMs : nowMs) < briefMs;
  }

  /** Takes a failing run's last lines before it is removed; without them when they can't be had. */
  async #withLog(row: ServerRow, next: Step): Promise<Step> {
    const { state } = next;
    if (state.phase !== "failed" || row.phase === "failed" || next.effect.do !== "stop") return next;
    const logTail = await this.#deps.spawner.logTail(refOf(row, next.stateGeneration), logLines).catch(() => []);
    return { ...next, state: { ...state, failure: { ...state.failure, logTail } } };
  }

  /** False when the record was refused because the wish changed under us. */
  async #record(row: ServerRow, next: Pick<Step, "state" | "stateGeneration">, releases = false): Promise<boolean> {
    const before = stateOf(row);
    if (isSameState(before, next.state) && row.phaseGeneration === next.stateGeneration) return true;
    if (next.state.phase === "spawning") this.#sightings.forget(row.id);
    const saving = { row, next: next.state, stateGeneration: next.stateGeneration, epoch: this.#epoch, releases };
    const saved = await this.#writes.take(() =>
      saveServerState(this.#deps.db, { ...saving, now: this.#deps.clock.now() }),
    );
    this.#queue.settle(row.id, saved ? next.state.phase : row.phase);
    if (saved) this.#releases.noteRecorded(row, next, releases);
    if (saved) noteTiming(this.#deps.timings, row, next.state, this.#deps.clock.now());
    if (next.state.phase === "failed" && saved) {
      this.#deps.log.warn({ serverId: row.id, failure: next.state.failure }, "a server failed");
    }
    for (const waiting of this.#queue.newlyNext()) if (waiting !== row.id) this.schedule(waiting);
    return saved;
  }

  async #perform(found: ServerWithOwner, next: Step): Promise<void> {
    const { server: row } = found;
    const effect: Effect = next.effect;
    switch (effect.do) {
      case "wait":
        if (effect.until !== null)
          this.#scheduleAfter(row.id, effect.until.getTime() - this.#deps.clock.now().getTime());
        return;
      case "look":
        return await this.#lookLive(row);
      case "spawn":
        return await this.#spawn(found, next);
      case "stop":
        return await this.#stop(row, effect);
      case "probe":
        return this.#probe(found, next, effect);
      default:
        return effect satisfies never;
    }
  }

  async #lookLive(row: ServerRow): Promise<void> {
    const ref = refOf(row, row.phaseGeneration);
    const observation = await this.#deps.spawner.observe(ref, this.#signal);
    const runId = observation.kind === "absent" ? ref.runId : observation.runId;
    this.#saw({ ref: { ...ref, runId }, observation });
    if (this.#sightings.staleSince === null) this.schedule(row.id);
    else this.#scheduleAfter(row.id, lookAgainMs);
  }

  async #spawn(found: ServerWithOwner, next: Step): Promise<void> {
    const order = await this.#deps.orderFor(found);
    const outcome = await this.#deps.spawner.start(order, this.#signal);
    const now = this.#deps.clock.now();
    const row = { ...found.server, phase: "spawning" as const, phaseGeneration: next.stateGeneration };
    if (outcome.kind === "retry") {
      this.#events.add(row.id, row.generation, { at: now, message: outcome.because, warning: false });
      return this.#scheduleAfter(row.id, outcome.afterMs);
    }
    if (outcome.kind === "started") await this.#deps.onSpawned(row, outcome.homeUid);
    const since = row.wishedAt ?? now;
    const state =
      outcome.kind === "started"
        ? { phase: "starting" as const, since, runId: null, wait: null, clockFrom: now }
        : { phase: "failed" as const, since: now, failure: outcome.failure };
    await this.#record(row, { state, stateGeneration: next.stateGeneration });
    this.schedule(row.id);
  }

  async #stop(row: ServerRow, effect: Extract<Effect, { do: "stop" }>): Promise<void> {
    this.#probes.end(row.id);
    const ref: ServerRef = { ...refOf(row, effect.generation), runId: effect.runId };
    const outcome = await this.#deps.spawner.stop(ref, this.#signal);
    if (outcome.kind === "stopping") return this.#scheduleAfter(row.id, lookAgainMs);
    this.#saw({ ref: { ...ref, runId: effect.runId ?? row.runId }, observation: { kind: "absent" } });
    this.schedule(row.id);
  }

  /** In the background, so that a stop or a change of the run is looked at while the server is still coming up. */
  #probe(found: ServerWithOwner, next: Step, effect: Extract<Effect, { do: "probe" }>): void {
    const { server: row } = found;
    const over = new AbortController();
    this.#deps.clock
      .sleep(answersAtOnceMs, AbortSignal.any([over.signal, this.#signal]))
      .then(() => this.#record(row, next))
      .catch((error: unknown) => (over.signal.aborted ? undefined : this.#onError(row.id, error)));
    void this.#probes
      .begin(row.id, effect, this.#deps.readyPathFor(found))
      .then(async (result) => {
        if (result === "running") return;
        over.abort();
        if (result !== "ended") await this.#recordAnswer(row, next, effect, result === "answered");
        this.schedule(row.id);
      })
      .catch((error: unknown) => this.#onError(row.id, error));
  }

  async #recordAnswer(
    row: ServerRow,
    next: Step,
    effect: Extract<Effect, { do: "probe" }>,
    ok: boolean,
  ): Promise<void> {
    const now = this.#deps.clock.now();
    const seconds = specOf(row)?.httpTimeoutSeconds ?? 60;
    const state = ok ? answered(effect.runId, effect.target, now) : unanswered(seconds, now);
    const { stateGeneration } = next;
    const stop: Effect = { do: "stop", generation: stateGeneration, runId: effect.runId };
    const starting = { ...row, phase: "starting" as const };
    await this.#record(starting, await this.#withLog(starting, { state, stateGeneration, effect: stop }));
  }

  /** Something of ours runs for a server that is no longer in the database. */
  async #removeOrphan(serverId: string): Promise<void> {
    const sighting = [...this.#sightings.all()].find((one) => one.ref.serverId === serverId);
    if (sighting === undefined || sighting.observation.kind === "absent") return;
    this.#deps.log.warn({ serverId, object: sighting.ref.objectName }, "removing what belongs to no server");
    await this.#deps.spawner.stop(sighting.ref, this.#signal);
  }
}

/** How long a start or a stop took since somebody asked for it. */
function noteTiming(timings: Timings, row: ServerRow, next: ServerState, now: Date): void {
  const seconds = (now.getTime() - (row.wishedAt ?? now).getTime()) / 1000;
  const wasStarting = row.phase === "spawning" || row.phase === "starting";
  if (next.phase === "ready") timings.observe("server_spawn_duration_seconds", seconds);
  if (next.phase === "failed" && wasStarting) timings.observe("server_spawn_duration_seconds", seconds, "failure");
  if (next.phase === "stopped" && row.phase === "stopping") timings.observe("server_stop_seconds", seconds);
}
