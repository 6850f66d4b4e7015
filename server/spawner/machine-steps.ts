import type { Effect, Situation, Step } from "./machine-state.ts";
import type { SpawnFailure } from "./spawner.ts";

/** What every phase answers with. */
export const idle: Effect = { do: "wait", until: null };

export function keep(s: Situation, effect: Effect): Step {
  return { state: s.state, stateGeneration: s.stateGeneration, effect };
}

export function fail(s: Situation, failure: SpawnFailure): Step {
  return {
    state: { phase: "failed", since: s.now, failure },
    stateGeneration: s.stateGeneration,
    effect: stopEffect(s),
  };
}

export function isGone(s: Situation): boolean {
  return s.seen.observation === null || s.seen.observation.kind === "absent";
}

export function stopEffect(s: Situation): Effect {
  const { observation, seenGeneration } = s.seen;
  const seen = observation !== null && observation.kind !== "absent";
  return { do: "stop", generation: seen ? seenGeneration : s.stateGeneration, runId: seen ? observation.runId : null };
}
