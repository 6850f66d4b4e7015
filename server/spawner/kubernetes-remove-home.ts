import { isConflict, isNotFound } from "#k8s/errors.ts";
import { claims } from "#k8s/kinds.ts";
import { homeKey, isOwned } from "#k8s/labels.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import type { KeptHome, RemoveOutcome } from "./spawner.ts";

/**
 * Removes the claim of a home for good. Only the very claim the home was kept in: by the UID that was recorded, else by the label that
 * names the home. Whatever else bears the name is left alone.
 */
export async function removeClaim(k: KubernetesContext, home: KeptHome, signal?: AbortSignal): Promise<RemoveOutcome> {
  const at = { namespace: home.namespace, name: home.name };
  const found = await k.client.get(claims, at, signal).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const uid = found?.metadata?.uid;
  if (found === undefined || uid === undefined) return "gone";
  const isIt =
    home.claimUid === null
      ? isOwned(found, k.installationId) && found.metadata?.labels?.[homeKey] === home.homeId
      : uid === home.claimUid;
  if (!isIt) return "gone";
  if (found.metadata?.deletionTimestamp !== undefined) return "going";
  await k.client.delete(claims, { ...at, uid }, signal).catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  });
  return "going";
}
