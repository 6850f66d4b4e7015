import { isConflict, isKubeApiError, isNotFound } from "#k8s/errors.ts";
import { pods } from "#k8s/kinds.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { isMeant, livePod, unavailable } from "./kubernetes-look.ts";
import { sightingOf } from "./kubernetes-sighting.ts";
import type { ServerRef, StopOutcome } from "./spawner.ts";

/** How long a deletion the API server accepted is waited for before it is asked again. */
const askedAgainAfterMs = 30_000;

/**
 * Deletes by UID, so that a stop that comes late can't hit the next run. The API server is asked once per run; what
 * becomes of it the watch tells, or, where none runs, a look.
 */
export class KubernetesStops {
  readonly #askedMs = new Map<string, number>();

  async stop(k: KubernetesContext, ref: ServerRef, signal: AbortSignal): Promise<StopOutcome> {
    try {
      const seen = k.view.pod(ref.namespace, ref.objectName);
      const run = seen !== undefined && isMeant(seen, ref) ? seen.ref.runId : ref.runId;
      if (run !== null && !this.#isAsked(k, run)) {
        const outcome = await this.#delete(k, ref, run, signal);
        if (outcome !== "other-run") return outcome;
      } else if (run !== null && seen?.ref.runId === run) {
        return { kind: "stopping" };
      }
      return await this.#stopByName(k, ref, signal);
    } catch (error) {
      throw isKubeApiError(error) ? unavailable(error) : error;
    }
  }

  /** Nothing is known of the run, or the name has gone to another: look first. */
  async #stopByName(k: KubernetesContext, ref: ServerRef, signal: AbortSignal): Promise<StopOutcome> {
    const pod = await livePod(k, ref, signal);
    const found = pod === undefined ? undefined : sightingOf(pod, k.installationId, true);
    if (found === undefined || !isMeant(found, ref) || found.ref.runId === null) return { kind: "gone" };
    if (this.#isAsked(k, found.ref.runId)) return { kind: "stopping" };
    const outcome = await this.#delete(k, ref, found.ref.runId, signal);
    return outcome === "other-run" ? { kind: "stopping" } : outcome;
  }

  async #delete(
    k: KubernetesContext,
    { namespace, objectName }: ServerRef,
    uid: string,
    signal: AbortSignal,
  ): Promise<StopOutcome | "other-run"> {
    try {
      await k.client.delete(pods, { namespace, name: objectName, uid }, signal);
    } catch (error) {
      if (isNotFound(error)) return { kind: "gone" };
      if (isConflict(error)) return "other-run";
      throw error;
    }
    const nowMs = k.clock.monotonicMs();
    for (const [asked, ms] of this.#askedMs) if (nowMs - ms > askedAgainAfterMs) this.#askedMs.delete(asked);
    this.#askedMs.set(uid, nowMs);
    return { kind: "stopping" };
  }

  #isAsked(k: KubernetesContext, uid: string): boolean {
    const askedMs = this.#askedMs.get(uid);
    return askedMs !== undefined && k.clock.monotonicMs() - askedMs <= askedAgainAfterMs;
  }
}
