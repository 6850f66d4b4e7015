import type { ServerSpec } from "#server/profiles/spec.ts";

export type LimitSpec = Pick<ServerSpec, "cpu" | "memory" | "processLimit">;

/** How this machine holds servers to their limits. */
export interface Limits {
  readonly kind: "cgroup" | "process";
  /** What people must know about it; null when everything holds as they would expect. */
  readonly note: string | null;
  /** Folders of a new cgroup that holds the limits; none where limits are per process. */
  prepare(name: string, limits: LimitSpec): readonly string[];
  /** What stands before the command, and holds what a process can hold itself. */
  wrapper(limits: LimitSpec, uid: number | null): readonly string[];
}
