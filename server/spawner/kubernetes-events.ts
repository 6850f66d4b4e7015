import type { CoreV1Event } from "@kubernetes/client-node";
import { errorFromStatus, isKubeApiError } from "#k8s/errors.ts";
import { eventSentence } from "#k8s/event-sentence.ts";
import { events } from "#k8s/kinds.ts";
import { compareVersions } from "#k8s/resource-version.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { watchedNamespace } from "./kubernetes-look.ts";
import type { ServerRef, Sighting, SpawnerListener } from "./spawner.ts";

/** Kubernetes writes the last event of a failed start about when it writes the failure. */
const lingerMs = 5000;
const watchSeconds = 300;
const retryMs = 2000;

type Pending = { readonly ref: ServerRef; readonly version: string; readonly told: Set<string>; waits: boolean };

/**
 * Lines for the progress pages: one watch of pod events, open only while some start is pending. It begins at the version its first pod was
 * made with, so that nothing is lost and nothing old is told. Losing it costs lines, never a state.
 */
export class KubernetesEvents {
  readonly #k: KubernetesContext;
  readonly #listener: SpawnerListener;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<string, Pending>();
  #watching: Promise<void> | null = null;

  constructor(k: KubernetesContext, listener: SpawnerListener, signal: AbortSignal) {
    this.#k = k;
    this.#listener = listener;
    this.#signal = signal;
  }

  /** Every pod that is seen, as it is now. `version` is the pod's own. */
  note({ ref, observation }: Sighting, version: string): void {
    const runId = ref.runId ?? "";
    const known = this.#pending.get(runId);
    if (observation.kind !== "waiting") {
      if (known !== undefined) known.waits = false;
      return;
    }
    if (known !== undefined) return;
    this.#pending.set(runId, { ref, version, told: new Set(), waits: true });
    this.#watching ??= this.#watch().finally(() => {
      this.#watching = null;
    });
  }

  async ended(): Promise<void> {
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { clock, log } = this.#k;
    let version: string | null = [...this.#pending.values()][0]?.version ?? "0";
    while (this.#pending.size > 0 && !this.#signal.aborted) {
      try {
        version = await this.#watchFrom(version);
      } catch (error) {
        if (this.#signal.aborted) return;
        log.debug({ err: error }, "the watch of events failed; trying again");
        // Too old, or events are kept in another etcd with versions of its own: begin with what comes now.
        if (isKubeApiError(error) && error.status !== 0 && error.status !== 429) version = null;
        await clock.sleep(retryMs, this.#signal).catch(() => undefined);
      }
    }
  }

  async #watchFrom(from: string | null): Promise<string> {
    const { client } = this.#k;
    const at = { namespace: watchedNamespace(this.#k), fieldSelector: "involvedObject.kind=Pod" };
    let version = from ?? (await client.list(events, { ...at, limit: 1 }, this.#signal)).metadata.resourceVersion;
    const done = new AbortController();
    const lingering = this.#awaitLast(done);
    const take = (line: string) => {
      const { type, object } = JSON.parse(line) as { type: string; object: CoreV1Event };
      if (type === "ERROR") throw errorFromStatus(object);
      const seen = object.metadata?.resourceVersion ?? "0";
      if (compareVersions(seen, version) > 0) version = seen;
      if (type !== "BOOKMARK" && type !== "DELETED") this.#tell(object);
    };
    try {
      const query = { ...at, resourceVersion: version, timeoutSeconds: watchSeconds };
      await client.watch(events, query, { opened: () => undefined, line: take }, done.signal);
      return version;
    } finally {
      done.abort();
      await lingering;
    }
  }

  /** Ends the watch when nothing has waited for a while. */
  async #awaitLast(done: AbortController): Promise<void> {
    const stop = AbortSignal.any([this.#signal, done.signal]);
    while (!stop.aborted) {
      const over = [...this.#pending].filter(([, { waits }]) => !waits).map(([runId]) => runId);
      await this.#k.clock.sleep(lingerMs, stop).catch(() => undefined);
      for (const runId of over) this.#pending.delete(runId);
      if (this.#pending.size === 0) break;
    }
    done.abort();
  }

  #tell(event: CoreV1Event): void {
    const pending = this.#pending.get(event.involvedObject?.uid ?? "");
    if (pending === undefined) return;
    const message = eventSentence(event);
    // Kubernetes counts a repeated event up; once on the page is enough.
    if (message === "" || pending.told.has(message)) return;
    pending.told.add(message);
    const at = new Date(
      event.lastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp ?? this.#k.clock.now(),
    );
    const { serverId, generation } = pending.ref;
    this.#listener.event(serverId, generation, { at, message, warning: event.type === "Warning" });
  }
}
