import type { Limits } from "./limits.ts";

/**
 * Without control groups: RLIMIT_DATA bounds what one process may ask for (setrlimit(2): since Linux 4.7 private
 * mappings too), and the spawner ends a server whose processes together use more. Processes are counted per account by
 * the kernel, so their limit is held only where the account is the server's own user's.
 */
export function processLimits(because: string): Limits {
  return {
    kind: "process",
    note: `Memory limits are held for each process, and for a server's processes together by looking once a second; CPU limits are not held, because ${because}.`,
    foldersFor: () => [],
    prepare: () => undefined,
    wrapper: ({ memory, processLimit }, uid) => [
      "prlimit",
      `--data=${memory.limitBytes}`,
      ...(uid === null ? [] : [`--nproc=${processLimit}`]),
      "--",
    ],
  };
}
