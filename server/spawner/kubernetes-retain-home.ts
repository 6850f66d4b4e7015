import type { V1PersistentVolume } from "@kubernetes/client-node";
import { isForbidden, isNotFound } from "#k8s/errors.ts";
import { volumes } from "#k8s/kinds.ts";
import { reclaimPolicyKey } from "#k8s/labels.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { type KeptClaim, keptClaim } from "./kubernetes-kept-claim.ts";
import type { KeptHome, RetainOutcome } from "./spawner.ts";

/**
 * Sets the home's volume to Retain, so that its files outlive the claim and the namespace, whoever deletes those. What the storage class
 * had said is written on the volume, for the day an admin removes the home.
 */
export async function retainVolume(k: KubernetesContext, home: KeptHome, signal?: AbortSignal): Promise<RetainOutcome> {
  const claim = await keptClaim(k, home, signal);
  if (claim === undefined) return "no-volume";
  try {
    const volume = await volumeOf(k, claim, signal);
    if (volume === undefined) return "no-volume";
    const policy = volume.spec?.persistentVolumeReclaimPolicy;
    if (policy === undefined || policy === "Retain") return "retained";
    const annotations = { ...volume.metadata?.annotations, [reclaimPolicyKey]: policy };
    await write(k, volume, "Retain", annotations, signal);
    return "retained";
  } catch (error) {
    if (isForbidden(error)) return "not-allowed";
    throw error;
  }
}

/** Gives the volume back the policy it had before `retainVolume`. Without the right to volumes nothing was retained. */
export async function unretainVolume(k: KubernetesContext, claim: KeptClaim, signal?: AbortSignal): Promise<void> {
  try {
    const volume = await volumeOf(k, claim, signal);
    const { [reclaimPolicyKey]: policy, ...annotations } = volume?.metadata?.annotations ?? {};
    if (volume !== undefined && policy !== undefined) await write(k, volume, policy, annotations, signal);
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
}

/** The volume bound to this claim: one that says so itself, by the claim's UID. */
async function volumeOf(
  k: KubernetesContext,
  claim: KeptClaim,
  signal?: AbortSignal,
): Promise<V1PersistentVolume | undefined> {
  const name = claim.spec?.volumeName;
  if (name === undefined || name === "") return undefined;
  const volume = await k.client.get(volumes, { namespace: null, name }, signal).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  return volume?.spec?.claimRef?.uid === claim.metadata.uid ? volume : undefined;
}

/** With the version it was read in: what changed meanwhile is a conflict, and the next round looks again. */
async function write(
  k: KubernetesContext,
  volume: V1PersistentVolume,
  policy: string,
  annotations: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const { metadata, spec } = volume;
  const changed = {
    ...volume,
    metadata: { ...metadata, annotations },
    spec: { ...spec, persistentVolumeReclaimPolicy: policy },
  };
  await k.client.replace(volumes, { namespace: null, name: metadata?.name ?? "" }, changed, signal);
}
