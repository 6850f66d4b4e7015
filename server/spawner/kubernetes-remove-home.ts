import { isConflict, isNotFound } from "#k8s/errors.ts";
import { claims } from "#k8s/kinds.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { keptClaim } from "./kubernetes-kept-claim.ts";
import { unretainVolume } from "./kubernetes-retain-home.ts";
import type { KeptHome, RemoveOutcome } from "./spawner.ts";

/** Removes the claim of a home for good, and with it the volume where the storage class says so, retained for a while or not. */
export async function removeClaim(k: KubernetesContext, home: KeptHome, signal?: AbortSignal): Promise<RemoveOutcome> {
  const claim = await keptClaim(k, home, signal);
  if (claim === undefined) return "gone";
  if (claim.metadata.deletionTimestamp !== undefined) return "going";
  await unretainVolume(k, claim, signal);
  const { uid } = claim.metadata;
  await k.client.delete(claims, { namespace: home.namespace, name: home.name, uid }, signal).catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  });
  return "going";
}
