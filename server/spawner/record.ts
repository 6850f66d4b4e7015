import type { StateChange } from "#db/server-state.ts";
import type { ServerRow } from "#db/servers.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import type { ServerState, Wish } from "./machine-state.ts";
import type { ServerRef, SpawnFailure, Target, WaitPhase } from "./spawner.ts";

/** Rows to machine states and back. The JSON columns are written by `changeFor` alone, so reading them needs no doubt. */
export function stateOf(row: ServerRow): ServerState {
  const since = row.phaseSince;
  switch (row.phase) {
    case "stopped":
      return { phase: "stopped" };
    case "queued":
    case "spawning":
      return { phase: row.phase, since };
    case "starting":
      return { phase: "starting", since, runId: row.runId, wait: row.waitPhase as WaitPhase | null, clockFrom: since };
    case "ready":
      if (row.runId === null || row.target === null) return { phase: "stopping", since, runId: row.runId };
      return { phase: "ready", since, runId: row.runId, target: row.target as Target };
    case "stopping":
      return { phase: "stopping", since, runId: row.runId };
    case "failed":
      return { phase: "failed", since, failure: failureOf(row) ?? unknownFailure };
    default:
      return row.phase satisfies never;
  }
}

export function wishOf(row: ServerRow): Wish {
  return { desired: row.desired, generation: row.generation, wishedAt: row.wishedAt ?? row.createdAt };
}

export function specOf(row: ServerRow): ServerSpec | null {
  return row.spec === null || row.spec === undefined ? null : (row.spec as ServerSpec);
}

export function failureOf(row: ServerRow): SpawnFailure | null {
  return row.failure === null || row.failure === undefined ? null : (row.failure as SpawnFailure);
}

const unknownFailure: SpawnFailure = {
  reason: "gone",
  publicMessage: "Your server stopped.",
  detail: "no failure was recorded",
};

/** The columns that say this state. For `starting` the timeout's clock is what is kept, so that a restart goes on counting. */
export function changeFor(state: ServerState, stateGeneration: number, now: Date): StateChange {
  const base = { phase: state.phase, phaseGeneration: stateGeneration } as const;
  const cleared = { runId: null, target: null, waitPhase: null, readyAt: null } as const;
  switch (state.phase) {
    case "stopped":
      return { ...base, ...cleared, phaseSince: now, failure: null };
    case "queued":
    case "spawning":
      return { ...base, ...cleared, phaseSince: state.since, failure: null };
    case "starting":
      return { ...base, ...cleared, phaseSince: state.clockFrom, runId: state.runId, waitPhase: state.wait };
    case "ready":
      return {
        ...base,
        ...cleared,
        phaseSince: state.since,
        runId: state.runId,
        target: state.target,
        readyAt: state.since,
      };
    case "stopping":
      return { ...base, phaseSince: state.since, waitPhase: null };
    case "failed":
      return { ...base, ...cleared, phaseSince: state.since, failure: state.failure };
    default:
      return state satisfies never;
  }
}

export function isSameState(a: ServerState, b: ServerState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function refOf(row: ServerRow, generation: number): ServerRef {
  return { serverId: row.id, generation, namespace: row.namespace, objectName: row.objectName, runId: row.runId };
}
