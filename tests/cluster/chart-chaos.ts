import { systemClock } from "#server/clock.ts";
import { type CorePod, endAskedAtMs, type Release } from "./chart-release.ts";

export const parts = ["edge", "hub", "web", "postgres"] as const;
type Part = (typeof parts)[number];

export type Deletion = { readonly part: Part; readonly pod: string; readonly atMs: number };

const shortestPauseMs = 3000;
const longestPauseMs = 12_000;

/** Deletes one pod of the portal or its database after the other, as `kubectl delete pod` does; the same seed chooses the same parts. */
export async function deleteAtRandom(release: Release, seed: number, signal: AbortSignal): Promise<Deletion[]> {
  const random = randomFrom(seed);
  const deleted: Deletion[] = [];
  while (!signal.aborted) {
    const part = parts[Math.floor(random() * parts.length)] ?? "hub";
    const pods = (await release.pods(part)).filter((pod) => endAskedAtMs(pod) === null);
    const pod = pods[Math.floor(random() * pods.length)]?.metadata.name;
    const pauseMs = shortestPauseMs + random() * (longestPauseMs - shortestPauseMs);
    if (pod !== undefined) {
      deleted.push({ part, pod, atMs: Date.now() });
      await release.api.call("DELETE", `/api/v1/namespaces/${release.namespace}/pods/${pod}`);
    }
    await systemClock.sleep(pauseMs, signal).catch(() => undefined);
  }
  return deleted;
}

/** mulberry32: small, and good enough to choose pods by. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function userOf({ annotations }: CorePod["metadata"]): string {
  return annotations?.["hub.jupyter.org/username"] ?? "";
}

/** Every pod of a user's server that was ever seen: a server that was made twice has two, one that was made anew another one. */
export class SeenServers {
  readonly #release: Release;
  readonly #byUser = new Map<string, Map<string, number>>();

  constructor(release: Release) {
    this.#release = release;
  }

  async look(): Promise<void> {
    for (const pod of await this.#release.pods("singleuser-server")) {
      const user = userOf(pod.metadata);
      const pods = this.#byUser.get(user) ?? new Map<string, number>();
      this.#byUser.set(user, pods.set(pod.metadata.uid, restartsOf(pod)));
    }
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await systemClock.sleep(250, signal).catch(() => undefined);
    }
  }

  podsOf(user: string): readonly { readonly uid: string; readonly restarts: number }[] {
    return [...(this.#byUser.get(user) ?? [])].map(([uid, restarts]) => ({ uid, restarts }));
  }
}

function restartsOf({ status }: CorePod): number {
  return (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}
