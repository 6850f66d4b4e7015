import {
  goneWhileReady,
  goneWhileStarting,
  notAccepted,
  notAnswering,
  replaced,
  timedOut,
} from "./machine-failures.ts";
import type { Effect, ServerState, Situation, Step } from "./machine-state.ts";
import { fail, idle, keep } from "./machine-steps.ts";
import type { Observation, Target, WaitPhase } from "./spawner.ts";

/**
 * A backend that asks for one more try for ever is a failed start all the same. One that is away isn't asked: the start goes back into
 * the queue, and what may have been made of it is adopted by its name when its turn comes again.
 */
export function whileSpawning(s: Situation, state: Extract<ServerState, { phase: "spawning" }>): Step {
  if (s.seen.stale)
    return {
      state: { phase: "queued", since: s.wish.wishedAt },
      stateGeneration: s.stateGeneration,
      effect: { do: "look" },
    };
  const deadline = state.since.getTime() + s.limits.startTimeoutSeconds * 1000;
  // A hub that has just begun to lead, and hasn't seen anything yet, asks once before it gives up.
  const isLate = s.now.getTime() >= deadline && s.seen.observation !== null;
  return isLate ? fail(s, notAccepted(s.limits.startTimeoutSeconds)) : keep(s, { do: "spawn" });
}

export function whileStarting(s: Situation, state: Extract<ServerState, { phase: "starting" }>): Step {
  const { observation, stale } = s.seen;
  if (stale && observation?.kind !== "running" && observation?.kind !== "exited")
    return { ...keep(s, { do: "look" }), state: { ...state, clockFrom: s.now } };
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
  const clockFrom = wait === "pulling" || state.wait === "pulling" ? s.now : state.clockFrom;
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
  return { phase: "failed", since: now, failure: notAnswering(httpTimeoutSeconds) };
}

/** Unknown is never "stopped"; the first certain sign that the run went ends the route. */
export function whileReady(s: Situation, state: Extract<ServerState, { phase: "ready" }>): Step {
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
