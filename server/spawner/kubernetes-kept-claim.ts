import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { isNotFound } from "#k8s/errors.ts";
import { claims } from "#k8s/kinds.ts";
import { homeKey, isOwned } from "#k8s/labels.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import type { KeptHome } from "./spawner.ts";

export type KeptClaim = V1PersistentVolumeClaim & { readonly metadata: { readonly uid: string } };

/**
 * The very claim the home was kept in: by the UID that was recorded, else by the label that names the home. Whatever else bears the name
 * isn't it.
 */
export async function keptClaim(
  k: KubernetesContext,
  home: KeptHome,
  signal?: AbortSignal,
): Promise<KeptClaim | undefined> {
  const at = { namespace: home.namespace, name: home.name };
  const found = await k.client.get(claims, at, signal).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const uid = found?.metadata?.uid;
  if (found === undefined || uid === undefined) return undefined;
  const isIt =
    home.claimUid === null
      ? isOwned(found, k.installationId) && found.metadata?.labels?.[homeKey] === home.homeId
      : uid === home.claimUid;
  return isIt ? { ...found, metadata: { ...found.metadata, uid } } : undefined;
}
