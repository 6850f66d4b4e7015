import type { ServerRow, ServerWithOwner } from "#db/servers.ts";
import { inSpan } from "#server/tracing/span.ts";
import { lookAgainMs } from "./looks.ts";
import { answered, unanswered } from "./machine-running.ts";
import type { Effect, Step } from "./machine-state.ts";
import { refOf, specOf } from "./record.ts";
import type { Recorder } from "./recorder.ts";
import type { ServerRef } from "./spawner.ts";
import type { TermKnowledge } from "./term-deps.ts";

const answersAtOnceMs = 50;

/** Does the one thing a step names. Everything here may be done twice. */
export class Effects {
  readonly #k: TermKnowledge;
  readonly #recorder: Recorder;

  constructor(knowledge: TermKnowledge, recorder: Recorder) {
    this.#k = knowledge;
    this.#recorder = recorder;
  }

  async perform(found: ServerWithOwner, next: Step): Promise<void> {
    const { server: row } = found;
    const effect: Effect = next.effect;
    switch (effect.do) {
      case "wait":
        if (effect.until !== null)
          this.#k.looks.after(row.id, effect.until.getTime() - this.#k.deps.clock.now().getTime());
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
    const observation = await this.#k.deps.spawner.observe(ref, this.#k.signal);
    const runId = observation.kind === "absent" ? ref.runId : observation.runId;
    this.#k.saw({ ref: { ...ref, runId }, observation });
    if (this.#k.sightings.staleSince === null) this.#k.looks.now(row.id);
    else this.#k.looks.again(row.id, lookAgainMs);
  }

  async #spawn(found: ServerWithOwner, next: Step): Promise<void> {
    await inSpan("start a server", { "berth.server_id": found.server.id }, () => this.#spawnIt(found, next));
  }

  async #spawnIt(found: ServerWithOwner, next: Step): Promise<void> {
    const order = await this.#k.deps.orderFor(found);
    const outcome = await this.#k.deps.spawner.start(order, this.#k.signal);
    const now = this.#k.deps.clock.now();
    const row = { ...found.server, phase: "spawning" as const, phaseGeneration: next.stateGeneration };
    if (outcome.kind === "retry") {
      this.#k.tell(row.id, row.generation, { at: now, message: outcome.because, warning: false });
      return this.#k.looks.again(row.id, outcome.afterMs);
    }
    if (outcome.kind === "started") await this.#k.deps.onSpawned(row, outcome.homeUid);
    const since = row.wishedAt ?? now;
    const state =
      outcome.kind === "started"
        ? { phase: "starting" as const, since, runId: null, wait: null, clockFrom: now }
        : { phase: "failed" as const, since: now, failure: outcome.failure };
    await this.#recorder.record(row, { state, stateGeneration: next.stateGeneration });
    this.#k.looks.now(row.id);
  }

  async #stop(row: ServerRow, effect: Extract<Effect, { do: "stop" }>): Promise<void> {
    this.#k.probes.end(row.id);
    const ref: ServerRef = { ...refOf(row, effect.generation), runId: effect.runId };
    const outcome = await inSpan("stop a server", { "berth.server_id": row.id }, () =>
      this.#k.deps.spawner.stop(ref, this.#k.signal),
    );
    if (outcome.kind === "stopping") return this.#k.looks.after(row.id, lookAgainMs);
    this.#k.saw({ ref: { ...ref, runId: effect.runId ?? row.runId }, observation: { kind: "absent" } });
    this.#k.looks.now(row.id);
  }

  /** In the background, so that a stop or a change of the run is looked at while the server is still coming up. */
  #probe(found: ServerWithOwner, next: Step, effect: Extract<Effect, { do: "probe" }>): void {
    const { server: row } = found;
    const over = new AbortController();
    this.#k.deps.clock
      .sleep(answersAtOnceMs, AbortSignal.any([over.signal, this.#k.signal]))
      .then(() => this.#recorder.record(row, next))
      .catch((error: unknown) => (over.signal.aborted ? undefined : this.#k.looks.failed(row.id, error)));
    void this.#k.probes
      .begin(row.id, effect, this.#k.deps.readyPathFor(found))
      .then(async (result) => {
        if (result === "running") return;
        over.abort();
        if (result !== "ended") await this.#recordAnswer(row, next, effect, result === "answered");
        this.#k.looks.now(row.id);
      })
      .catch((error: unknown) => this.#k.looks.failed(row.id, error));
  }

  async #recordAnswer(
    row: ServerRow,
    next: Step,
    effect: Extract<Effect, { do: "probe" }>,
    ok: boolean,
  ): Promise<void> {
    const now = this.#k.deps.clock.now();
    const seconds = specOf(row)?.httpTimeoutSeconds ?? 60;
    const state = ok ? answered(effect.runId, effect.target, now) : unanswered(seconds, now);
    const { stateGeneration } = next;
    const stop: Effect = { do: "stop", generation: stateGeneration, runId: effect.runId };
    const starting = { ...row, phase: "starting" as const };
    await this.#recorder.record(
      starting,
      await this.#recorder.withLog(starting, { state, stateGeneration, effect: stop }),
    );
  }

  /** Something of ours runs for a server that is no longer in the database. */
  async removeOrphan(serverId: string): Promise<void> {
    const sighting = [...this.#k.sightings.all()].find((one) => one.ref.serverId === serverId);
    if (sighting === undefined || sighting.observation.kind === "absent") return;
    this.#k.deps.log.warn({ serverId, object: sighting.ref.objectName }, "removing what belongs to no server");
    await this.#k.deps.spawner.stop(sighting.ref, this.#k.signal);
  }
}
