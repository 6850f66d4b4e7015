import type { ServerSpec } from "#server/profiles/spec.ts";

export type LimitSpec = Pick<ServerSpec, "cpu" | "memory" | "processLimit">;

/** How this machine holds servers to their limits. */
export interface Limits {
  readonly kind: "cgroup" | "process";
  /** What people must know about it; null when everything holds as they would expect. */
  readonly note: string | null;
  /** Folders a server's cgroup has, one a hierarchy; none where limits are per process. */
  foldersFor(name: string): readonly string[];
  /** Makes those folders and sets what they hold. Twice is once. */
  prepare(folders: readonly string[], limits: LimitSpec): void;
  /** What stands before the command, and holds what a process can hold itself. */
  wrapper(limits: LimitSpec, uid: number | null): readonly string[];
}
