import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import type { Sighting } from "./spawner.ts";

type Named<T> = ReadonlyMap<string, T>;

/** What a running watch knows, by name. `fresh` is false while it may be older than it should be. */
export type KubernetesSource = {
  readonly pods: Named<Sighting>;
  readonly claims: Named<V1PersistentVolumeClaim>;
  podsFresh(): boolean;
  claimsFresh(): boolean;
};

/**
 * The watch's knowledge, for whoever wants to save a request. It says what was seen, never that something isn't there: only a live look
 * can say that.
 */
export class KubernetesView {
  #source: KubernetesSource | null = null;

  attach(source: KubernetesSource): void {
    this.#source = source;
  }

  /** A later watch may have attached its own already. */
  detach(source: KubernetesSource): void {
    if (this.#source === source) this.#source = null;
  }

  pod(namespace: string, name: string): Sighting | undefined {
    return this.#source?.podsFresh() ? this.#source.pods.get(keyOf(namespace, name)) : undefined;
  }

  claim(namespace: string, name: string): V1PersistentVolumeClaim | undefined {
    return this.#source?.claimsFresh() ? this.#source.claims.get(keyOf(namespace, name)) : undefined;
  }
}

export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
