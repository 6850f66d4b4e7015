import { isConflict, isKubeApiError, isNotFound } from "#k8s/errors.ts";
import { pods } from "#k8s/kinds.ts";
import { hasNeverRun } from "#k8s/pod-never-ran.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { isMeant, livePod, unavailable } from "./kubernetes-look.ts";
import { sightingOf } from "./kubernetes-sighting.ts";
import type { ServerRef, StopOutcome } from "./spawner.ts";

/** How long a deletion the API server accepted is waited for before it is asked again. */
const askedAgainAfterMs = 30_000;
/**
 * The kubelet ends no pull for a deletion (kubelet.go, SyncPod: context.WithoutCancel): a cancelled start would be in the way until
 * its image is there. So a pod that is still there after this while is looked at, and taken away when it never ran. Its pull ends some
 * time later; then the secret its program would take went with the pod, and the kubelet drops what no pod asks for.
 */
const looksAfterMs = 5000;

type Asked = { readonly atMs: number; looksAtMs: number };

/**
 * Deletes by UID, so that a stop that comes late can't hit the next run. The API server is asked once per run; what
 * becomes of it the watch tells, or, where none runs, a look.
 */
export class KubernetesStops {
  readonly #asked = new Map<string, Asked>();

  async stop(k: KubernetesContext, ref: ServerRef, signal: AbortSignal): Promise<StopOutcome> {
    try {
      const seen = k.view.pod(ref.namespace, ref.objectName);
      const run = seen !== undefined && isMeant(seen, ref) ? seen.ref.runId : ref.runId;
      const asked = run === null ? undefined : this.#askedFor(k, run);
      if (run !== null && asked === undefined) {
        const outcome = await this.#delete(k, ref, { uid: run }, signal);
        if (outcome !== "other-run") return outcome;
      } else if (asked !== undefined && seen?.ref.runId === run && k.clock.monotonicMs() < asked.looksAtMs) {
        return { kind: "stopping" };
      }
      return await this.#stopByName(k, ref, signal);
    } catch (error) {
      throw isKubeApiError(error) ? unavailable(error) : error;
    }
  }

  /** Nothing is known of the run, it takes long, or the name has gone to another: look first. */
  async #stopByName(k: KubernetesContext, ref: ServerRef, signal: AbortSignal): Promise<StopOutcome> {
    const pod = await livePod(k, ref, signal);
    const found = pod === undefined ? undefined : sightingOf(pod, k.installationId, true);
    const uid = found?.ref.runId ?? null;
    if (pod === undefined || found === undefined || !isMeant(found, ref) || uid === null) return { kind: "gone" };
    const asked = this.#askedFor(k, uid);
    if (asked !== undefined) {
      const isLong = k.clock.monotonicMs() >= asked.looksAtMs;
      if (isLong) asked.looksAtMs = k.clock.monotonicMs() + looksAfterMs;
      if (!isLong || !hasNeverRun(pod)) return { kind: "stopping" };
    }
    const outcome = await this.#delete(k, ref, asked === undefined ? { uid } : { uid, graceSeconds: 0 }, signal);
    return outcome === "other-run" ? { kind: "stopping" } : outcome;
  }

  async #delete(
    k: KubernetesContext,
    { namespace, objectName }: ServerRef,
    run: { readonly uid: string; readonly graceSeconds?: number },
    signal: AbortSignal,
  ): Promise<StopOutcome | "other-run"> {
    try {
      await k.client.delete(pods, { namespace, name: objectName, ...run }, signal);
    } catch (error) {
      if (isNotFound(error)) return { kind: "gone" };
      if (isConflict(error)) return "other-run";
      throw error;
    }
    const atMs = k.clock.monotonicMs();
    for (const [uid, asked] of this.#asked) if (atMs - asked.atMs > askedAgainAfterMs) this.#asked.delete(uid);
    this.#asked.set(run.uid, { atMs, looksAtMs: atMs + looksAfterMs });
    return { kind: "stopping" };
  }

  #askedFor(k: KubernetesContext, uid: string): Asked | undefined {
    const asked = this.#asked.get(uid);
    return asked !== undefined && k.clock.monotonicMs() - asked.atMs <= askedAgainAfterMs ? asked : undefined;
  }
}
