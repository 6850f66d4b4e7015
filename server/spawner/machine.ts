import { notStopping } from "./machine-failures.ts";
import { whileReady, whileSpawning, whileStarting } from "./machine-running.ts";
import type { Effect, ServerState, Situation, Step } from "./machine-state.ts";
import { idle, isGone, keep, stopEffect } from "./machine-steps.ts";

/** Longer than any grace period a profile gives: what is there after this needs an admin. */
const stopDeadlineSeconds = 600;

/**
 * The life of a server as one pure function. It is level-based: given what is wished, what was last recorded and what
 * is seen now, it names the next record and the one thing to do. It may be asked again at any time, in any process,
 * after a crash at any line, and never needs to know what happened in between.
 *
 * Invariants (property-tested): nothing is spawned for a wish that isn't "running"; nothing is `ready` without a running
 * sighting of that very generation; an unknown observation (`null`) changes nothing that runs; nothing fails or is spawned by a view
 * that has grown old.
 */
export function step(s: Situation): Step {
  const current: ServerState = s.state;
  const isRunning = current.phase === "spawning" || current.phase === "starting" || current.phase === "ready";
  if (current.phase === "stopping" || (current.phase === "failed" && isNotStopping(current)))
    return whileStopping(s, current);
  if (s.wish.desired === "stopped") return towardsStopped(s, isRunning);
  if (s.stateGeneration < s.wish.generation) return isRunning ? beginStopping(s) : towardsNewRun(s);
  switch (current.phase) {
    case "stopped":
      return keep(s, idle);
    case "failed":
      return cleanUp(s);
    case "queued":
      return towardsNewRun(s);
    case "spawning":
      return whileSpawning(s, current);
    case "starting":
      return whileStarting(s, current);
    case "ready":
      return whileReady(s, current);
    default:
      return current satisfies never;
  }
}

function towardsStopped(s: Situation, isRunning: boolean): Step {
  if (isRunning) return beginStopping(s);
  const stopped: Step = { state: { phase: "stopped" }, stateGeneration: s.wish.generation, effect: idle };
  return isGone(s) ? stopped : { ...stopped, effect: stopEffect(s) };
}

function beginStopping(s: Situation): Step {
  const runId = s.state.phase === "ready" || s.state.phase === "starting" ? s.state.runId : null;
  return {
    state: { phase: "stopping", since: s.now, runId },
    stateGeneration: s.stateGeneration,
    effect: { do: "stop", generation: s.stateGeneration, runId },
  };
}

/** Only a live look may say that a run is over; then the wish decides what comes next. It is asked to stop until it is. */
function whileStopping(s: Situation, state: Stopping | Failed): Step {
  const { observation, live, stale } = s.seen;
  // The stop didn't reach the backend: its time begins when it can.
  if (stale && state.phase === "stopping") return { ...keep(s, { do: "look" }), state: { ...state, since: s.now } };
  if (observation?.kind === "absent" && live) {
    if (s.wish.desired === "stopped")
      return { state: { phase: "stopped" }, stateGeneration: s.wish.generation, effect: idle };
    return {
      state: { phase: "queued", since: s.wish.wishedAt },
      stateGeneration: s.wish.generation,
      effect: { do: "wait", until: s.now },
    };
  }
  if (observation === null || !live) return keep(s, { do: "look" });
  const runId = observation.kind !== "absent" ? observation.runId : state.phase === "stopping" ? state.runId : null;
  return {
    ...keep(s, { do: "stop", generation: s.stateGeneration, runId }),
    state: isStopLate(s, state) ? { phase: "failed", since: s.now, failure: notStopping(stopDeadlineSeconds) } : state,
  };
}

type Stopping = Extract<ServerState, { phase: "stopping" }>;
type Failed = Extract<ServerState, { phase: "failed" }>;

/** Said only of what is seen live: while nobody can tell, a stop is neither late nor over. */
function isStopLate(s: Situation, state: Stopping | Failed): boolean {
  return state.phase === "stopping" && s.now.getTime() >= state.since.getTime() + stopDeadlineSeconds * 1000;
}

function isNotStopping(state: Failed): boolean {
  return state.failure.reason === "not-stopping";
}

/** A new run begins only when nothing of an older one is left: two runs would share one home. */
function towardsNewRun(s: Situation): Step {
  const { observation, seenGeneration } = s.seen;
  const generation = s.wish.generation;
  if (observation === null || s.seen.stale) return queued(s, { do: "look" });
  if (observation.kind !== "absent" && seenGeneration < generation) return queued(s, stopEffect(s));
  if (!s.seen.slotFree) return queued(s, idle);
  return { state: { phase: "spawning", since: s.now }, stateGeneration: generation, effect: { do: "spawn" } };
}

function queued(s: Situation, effect: Effect): Step {
  return { state: { phase: "queued", since: s.wish.wishedAt }, stateGeneration: s.wish.generation, effect };
}

/** A failed run leaves nothing behind. */
function cleanUp(s: Situation): Step {
  return isGone(s) ? keep(s, idle) : keep(s, stopEffect(s));
}
