import type { ServerRow } from "#db/servers.ts";
import type { Timings } from "#server/timings.ts";
import { Turns } from "#server/turns.ts";
import type { ServerState, Step } from "./machine-state.ts";
import { isSameState, refOf, stateOf } from "./record.ts";
import { saveServerState } from "./save.ts";
import type { TermKnowledge } from "./term-deps.ts";

/** Half of the pool at most: the other half is for people, however many servers start. */
const writesAtOnce = 8;
export const briefMs = 250;
const logLines = 30;

/** Writes what a look came to, and tells those who wait for it. */
export class Recorder {
  readonly #k: TermKnowledge;
  readonly #writes = new Turns(writesAtOnce);
  readonly #waits = new Map<string, { readonly wait: string; readonly sinceMs: number }>();

  constructor(knowledge: TermKnowledge) {
    this.#k = knowledge;
  }

  /** What a start waits for is only shown: it is written once it has lasted, for most of it is over in a moment. */
  isBrief(row: ServerRow, next: ServerState): boolean {
    const known = this.#waits.get(row.id);
    if (row.phase !== "starting" || next.phase !== "starting" || next.wait === null || next.wait === row.waitPhase) {
      this.#waits.delete(row.id);
      return false;
    }
    const nowMs = this.#k.deps.clock.monotonicMs();
    if (known?.wait !== next.wait) this.#waits.set(row.id, { wait: next.wait, sinceMs: nowMs });
    return nowMs - (known?.wait === next.wait ? known.sinceMs : nowMs) < briefMs;
  }

  /** Takes a failing run's last lines before it is removed; without them when they can't be had. */
  async withLog(row: ServerRow, next: Step): Promise<Step> {
    const { state } = next;
    if (state.phase !== "failed" || row.phase === "failed" || next.effect.do !== "stop") return next;
    const logTail = await this.#k.deps.spawner.logTail(refOf(row, next.stateGeneration), logLines).catch(() => []);
    return { ...next, state: { ...state, failure: { ...state.failure, logTail } } };
  }

  /** False when the record was refused because the wish changed under us. */
  async record(row: ServerRow, next: Pick<Step, "state" | "stateGeneration">, releases = false): Promise<boolean> {
    const before = stateOf(row);
    if (isSameState(before, next.state) && row.phaseGeneration === next.stateGeneration) return true;
    if (next.state.phase === "spawning") this.#k.sightings.forget(row.id);
    const saving = { row, next: next.state, stateGeneration: next.stateGeneration, epoch: this.#k.epoch, releases };
    const saved = await this.#writes.take(() =>
      saveServerState(this.#k.deps.db, { ...saving, now: this.#k.deps.clock.now() }),
    );
    this.#k.queue.settle(row.id, saved ? next.state.phase : row.phase);
    if (saved) this.#k.releases.noteRecorded(row, next, releases);
    if (saved) noteTiming(this.#k.deps.timings, row, next.state, this.#k.deps.clock.now());
    if (saved) this.#say(row, next.state);
    for (const waiting of this.#k.queue.newlyNext()) if (waiting !== row.id) this.#k.looks.now(waiting);
    return saved;
  }

  #say(row: ServerRow, next: ServerState): void {
    const about = { serverId: row.id, pod: row.objectName, generation: row.generation, from: row.phase };
    if (next.phase === "failed") this.#k.deps.log.warn({ ...about, failure: next.failure }, "a server failed");
    else if (next.phase !== row.phase) this.#k.deps.log.info(about, `a server is ${next.phase}`);
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
