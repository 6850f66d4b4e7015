import type { Observation, SpawnFailure, Target, WaitPhase } from "./spawner.ts";

/**
 * The life of a server as one pure function. It is level-based: given what is wished, what was last recorded and what
 * is seen now, it names the next record and the one thing to do. It may be asked again at any time, in any process,
 * after a crash at any line, and never needs to know what happened in between.
 *
 * Invariants (property-tested): nothing is spawned for a wish that isn't "running"; nothing is `ready` without a running
 * sighting of that very generation; an unknown observation (`null`) changes nothing that runs.
 */
export type Wish = { readonly desired: "running" | "stopped"; readonly generation: number; readonly wishedAt: Date };

export type ServerState =
  | { readonly phase: "stopped" }
  | { readonly phase: "queued"; readonly since: Date }
  | { readonly phase: "spawning"; readonly since: Date }
  | {
      readonly phase: "starting";
      readonly since: Date;
      readonly runId: string | null;
      readonly wait: WaitPhase | null;
      readonly clockFrom: Date;
    }
  | { readonly phase: "ready"; readonly since: Date; readonly runId: string; readonly target: Target }
  | { readonly phase: "stopping"; readonly since: Date; readonly runId: string | null }
  | { readonly phase: "failed"; readonly since: Date; readonly failure: SpawnFailure };

/** What is known right now. `seen` is null when the backend can't tell; `seenGeneration` is the sighting's own. */
export type Seen = {
  readonly observation: Observation | null;
  readonly seenGeneration: number;
  /** The observation was read live, past every cache: only then may it end something. */
  readonly live: boolean;
  readonly slotFree: boolean;
};

export type MachineLimits = {
  readonly startTimeoutSeconds: number;
  readonly httpTimeoutSeconds: number;
};

export type Effect =
  | { readonly do: "spawn" }
  | { readonly do: "stop"; readonly generation: number; readonly runId: string | null }
  | { readonly do: "probe"; readonly target: Target; readonly runId: string; readonly deadline: Date }
  /** Look again past the cache before deciding. */
  | { readonly do: "look" }
  | { readonly do: "wait"; readonly until: Date | null };

export type Step = { readonly state: ServerState; readonly stateGeneration: number; readonly effect: Effect };

export type Situation = {
  readonly wish: Wish;
  readonly state: ServerState;
  readonly stateGeneration: number;
  readonly seen: Seen;
  readonly limits: MachineLimits;
  readonly now: Date;
};

const idle: Effect = { do: "wait", until: null };

export function step(s: Situation): Step {
  const current: ServerState = s.state;
  const isRunning = current.phase === "spawning" || current.phase === "starting" || current.phase === "ready";
  if (current.phase === "stopping") return whileStopping(s, current);
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

function keep(s: Situation, effect: Effect): Step {
  return { state: s.state, stateGeneration: s.stateGeneration, effect };
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

/** Only a live look may say that a run is over; then the wish decides what comes next. */
function whileStopping(s: Situation, state: Extract<ServerState, { phase: "stopping" }>): Step {
  const { observation, live } = s.seen;
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
  return keep(s, {
    do: "stop",
    generation: s.stateGeneration,
    runId: observation.kind === "absent" ? state.runId : observation.runId,
  });
}

/** A new run begins only when nothing of an older one is left: two runs would share one home. */
function towardsNewRun(s: Situation): Step {
  const { observation, seenGeneration } = s.seen;
  const generation = s.wish.generation;
  if (observation === null) return queued(s, { do: "look" });
  if (observation.kind !== "absent" && seenGeneration < generation) return queued(s, stopEffect(s));
  if (!s.seen.slotFree) return queued(s, idle);
  return { state: { phase: "spawning", since: s.now }, stateGeneration: generation, effect: { do: "spawn" } };
}

function queued(s: Situation, effect: Effect): Step {
  return { state: { phase: "queued", since: s.wish.wishedAt }, stateGeneration: s.wish.generation, effect };
}

/** A backend that asks for one more try for ever is a failed start all the same. */
function whileSpawning(s: Situation, state: Extract<ServerState, { phase: "spawning" }>): Step {
  const deadline = state.since.getTime() + s.limits.startTimeoutSeconds * 1000;
  return s.now.getTime() >= deadline ? fail(s, notAccepted(s.limits.startTimeoutSeconds)) : keep(s, { do: "spawn" });
}

function whileStarting(s: Situation, state: Extract<ServerState, { phase: "starting" }>): Step {
  const { observation } = s.seen;
  if (observation === null) return keep(s, { do: "look" });
  switch (observation.kind) {
    case "absent":
      return s.seen.live ? fail(s, goneWhileStarting) : keep(s, { do: "look" });
    case "exited":
      return fail(s, observation.failure);
    case "stopping":
      return s.seen.live ? fail(s, goneWhileStarting) : keep(s, { do: "look" });
    case "waiting":
      return whileWaiting(s, state, observation.phase, observation.runId);
    case "running":
      return whileUnanswered(s, state, observation);
    default:
      return observation satisfies never;
  }
}

/** A pull may take as long as it takes: the start's clock stands still meanwhile and runs from its end. */
function whileWaiting(
  s: Situation,
  state: Extract<ServerState, { phase: "starting" }>,
  wait: WaitPhase,
  runId: string,
): Step {
  const clockFrom = wait === "pulling" ? s.now : state.clockFrom;
  const deadline = new Date(clockFrom.getTime() + s.limits.startTimeoutSeconds * 1000);
  if (wait !== "pulling" && s.now >= deadline) return fail(s, timedOut(s.limits.startTimeoutSeconds, wait));
  const changed = wait !== state.wait || runId !== state.runId;
  const next: ServerState = changed ? { ...state, wait, runId, clockFrom } : state;
  return {
    state: next,
    stateGeneration: s.stateGeneration,
    effect: { do: "wait", until: wait === "pulling" ? null : deadline },
  };
}

function whileUnanswered(
  s: Situation,
  state: Extract<ServerState, { phase: "starting" }>,
  observation: Extract<Observation, { kind: "running" }>,
): Step {
  const from = Math.max(observation.since.getTime(), state.clockFrom.getTime());
  const deadline = new Date(from + s.limits.httpTimeoutSeconds * 1000);
  const probe: Effect = { do: "probe", target: observation.target, runId: observation.runId, deadline };
  const changed = state.runId !== observation.runId || state.wait !== null;
  return {
    state: changed ? { ...state, runId: observation.runId, wait: null } : state,
    stateGeneration: s.stateGeneration,
    effect: probe,
  };
}

/** What the reconciler records when a probe was answered. */
export function answered(runId: string, target: Target, now: Date): ServerState {
  return { phase: "ready", since: now, runId, target };
}

/** What the reconciler records when the probe's deadline passed. */
export function unanswered(httpTimeoutSeconds: number, now: Date): ServerState {
  const failure: SpawnFailure = {
    reason: "not-answering",
    publicMessage: `Your server started but did not answer within ${httpTimeoutSeconds} seconds.`,
    detail: "the readiness probe got no answer with a status below 500",
  };
  return { phase: "failed", since: now, failure };
}

/** Unknown is never "stopped"; the first certain sign that the run went ends the route. */
function whileReady(s: Situation, state: Extract<ServerState, { phase: "ready" }>): Step {
  const { observation, live } = s.seen;
  if (observation === null) return keep(s, idle);
  switch (observation.kind) {
    case "running":
    case "waiting":
      if (isRoutedRun(state, observation)) return keep(s, idle);
      if (!live) return keep(s, { do: "look" });
      return observation.runId === state.runId ? backToStarting(s, observation) : fail(s, replaced);
    case "exited":
      return fail(s, observation.failure);
    case "absent":
    case "stopping":
      return live ? fail(s, goneWhileReady) : keep(s, { do: "look" });
    default:
      return observation satisfies never;
  }
}

/** Whether the route leads where this run is: an address that changed under one run is somebody else's by now (S-60). */
function isRoutedRun(state: Extract<ServerState, { phase: "ready" }>, seen: Observation): boolean {
  return seen.kind === "running" && seen.runId === state.runId && isSameTarget(seen.target, state.target);
}

function isSameTarget(a: Target, b: Target): boolean {
  if (a.kind === "tcp") return b.kind === "tcp" && a.host === b.host && a.port === b.port;
  return b.kind === "unix" && a.path === b.path;
}

/** The run is there but not where it answered, or not answering any more: no route until it has answered again. */
function backToStarting(s: Situation, seen: Extract<Observation, { kind: "running" | "waiting" }>): Step {
  const state = { phase: "starting", since: s.now, runId: seen.runId, wait: null, clockFrom: s.now } as const;
  if (seen.kind === "waiting") return whileWaiting({ ...s, state }, state, seen.phase, seen.runId);
  return whileUnanswered({ ...s, state }, state, seen);
}

function fail(s: Situation, failure: SpawnFailure): Step {
  return {
    state: { phase: "failed", since: s.now, failure },
    stateGeneration: s.stateGeneration,
    effect: stopEffect(s),
  };
}

/** A failed run leaves nothing behind. */
function cleanUp(s: Situation): Step {
  return isGone(s) ? keep(s, idle) : keep(s, stopEffect(s));
}

function isGone(s: Situation): boolean {
  return s.seen.observation === null || s.seen.observation.kind === "absent";
}

function stopEffect(s: Situation): Effect {
  const { observation, seenGeneration } = s.seen;
  const seen = observation !== null && observation.kind !== "absent";
  return { do: "stop", generation: seen ? seenGeneration : s.stateGeneration, runId: seen ? observation.runId : null };
}

const goneWhileStarting: SpawnFailure = {
  reason: "gone",
  publicMessage: "Your server was removed while it was starting, and not by Berth.",
  detail: "the object was deleted from outside before it was ready",
};
const goneWhileReady: SpawnFailure = {
  reason: "gone",
  publicMessage:
    "Your server was stopped from outside. Files you saved are in your home; what was only in memory is lost.",
  detail: "the object of a ready server is gone or being deleted, and Berth did not ask for it",
};
const replaced: SpawnFailure = {
  reason: "gone",
  publicMessage:
    "Your server was replaced from outside. Files you saved are in your home; what was only in memory is lost.",
  detail: "another run was found under the same name",
};

function timedOut(seconds: number, wait: WaitPhase): SpawnFailure {
  const what: Record<WaitPhase, string> = {
    storage: "its storage was not ready",
    scheduling: "no machine had room for it",
    pulling: "its image was not there",
    starting: "it did not come up",
  };
  return {
    reason: wait === "scheduling" ? "unschedulable" : wait === "storage" ? "storage" : "timeout",
    publicMessage: `Your server did not start within ${seconds} seconds: ${what[wait]}.`,
    detail: `start timeout while waiting for: ${wait}`,
  };
}

function notAccepted(seconds: number): SpawnFailure {
  return {
    reason: "timeout",
    publicMessage: `Your server could not be asked for within ${seconds} seconds.`,
    detail: "start timeout while the backend asked for one more try each time",
  };
}
