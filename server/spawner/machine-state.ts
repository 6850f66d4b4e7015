import type { Observation, SpawnFailure, Target, WaitPhase } from "./spawner.ts";

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
  /** Nobody could tell for a while what runs: no clock of a start or a stop runs on (F-04). */
  readonly stale: boolean;
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
