import { createHash } from "node:crypto";
import type { V1Namespace, V1ResourceQuota, V1Secret } from "@kubernetes/client-node";
import {
  claims,
  type LimitRange,
  limitRanges,
  namespaces,
  networkPolicies,
  quotas,
  roleBindings,
  secrets,
  serviceAccounts,
} from "#k8s/kinds.ts";
import { groupKey, installationKey, isOwned, userKey, writtenKey } from "#k8s/labels.ts";
import { limitRangeFor, limitRangeName } from "#k8s/limit-range.ts";
import { namespaceObjectFor, podSecurityLabels } from "#k8s/namespace.ts";
import {
  defaultDenyFor,
  defaultDenyName,
  isolationPolicyFor,
  isolationPolicyName,
  type NetworkPolicyManifest,
} from "#k8s/network-policy.ts";
import { isPullSecret, pullSecretCopyFor } from "#k8s/pull-secret.ts";
import { quotaName, resourceQuotaFor, sameAmounts } from "#k8s/resource-quota.ts";
import { type Account, bindsSame, hubRoleName, roleBindingFor } from "#k8s/role-binding.ts";
import { sharedClaimFor } from "#k8s/volume-claim.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { type Ensured, ensurePiece, foundPiece, type PieceState, sameSpec } from "./kubernetes-piece.ts";
import type { SharedVolumePlace, Tenancy } from "./tenancy.ts";

/** A piece that can't be made whole by doing it again: somebody has to act. The message is for admins. */
export class PieceProblem extends Error {}

const place = (k: KubernetesContext, namespace: string) => ({ namespace, installationId: k.installationId });

/** Ours to make and change; not deleted here, and nowhere else either. */
export function namespaceFor(k: KubernetesContext, { namespace, groupId, userId }: Tenancy) {
  return namespaceObjectFor({
    name: namespace,
    installationId: k.installationId,
    podSecurity: k.settings.makeNamespaces ?? "restricted",
    labels: {
      ...(groupId === null ? {} : { [groupKey]: groupId }),
      ...(userId === null ? {} : { [userKey]: userId }),
    },
  });
}

export async function ensureSecurityLabels(k: KubernetesContext, namespace: string): Promise<PieceState> {
  const name = namespace;
  const level = podSecurityLabels(k.settings.makeNamespaces ?? "restricted");
  const found = await k.client.get(namespaces, { namespace: null, name });
  const labels = found.metadata?.labels ?? {};
  if (Object.entries(level).every(([key, value]) => labels[key] === value)) return "there";
  const metadata = { ...found.metadata, labels: { ...labels, ...level } };
  await k.client.replace(namespaces, { namespace: null, name }, { ...found, metadata });
  return "mended";
}

export async function ensureRoleBinding(k: KubernetesContext, namespace: string, account: Account) {
  const wanted = roleBindingFor({ ...place(k, namespace), account });
  const found = await foundPiece(k, namespace, { kind: roleBindings, name: hubRoleName });
  if (found !== undefined && !bindsSame(found, wanted))
    throw new PieceProblem("it binds another account or role; delete it, and it is made anew");
  const name = hubRoleName;
  return await ensurePiece(k, namespace, { kind: roleBindings, name, wanted, same: () => true });
}

/** Pods say it themselves; this is for whatever else runs as the namespace's own account. */
export async function ensureAccount(k: KubernetesContext, namespace: string) {
  const metadata = { name: "default", namespace };
  const wanted = { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false };
  return await ensurePiece(k, namespace, {
    kind: serviceAccounts,
    name: "default",
    wanted,
    same: ({ automountServiceAccountToken }) => automountServiceAccountToken === false,
    mended: (found) => ({ ...found, automountServiceAccountToken: false }),
  });
}

export async function ensureLimitRange(k: KubernetesContext, namespace: string) {
  const wanted = limitRangeFor(place(k, namespace));
  const same = ({ spec }: LimitRange) => {
    const [found, other] = [spec.limits[0], wanted.spec.limits[0]];
    return (
      spec.limits.length === 1 &&
      sameAmounts(found?.default, other?.default) &&
      sameAmounts(found?.defaultRequest, other?.defaultRequest)
    );
  };
  return await ensurePiece(k, namespace, { kind: limitRanges, name: limitRangeName, wanted, same });
}

/** Set below what is used it stops nobody: Kubernetes only refuses the next pod. */
export async function ensureQuota(k: KubernetesContext, tenancy: Tenancy) {
  const { namespace, sharedVolume } = tenancy;
  const wanted = resourceQuotaFor({
    ...place(k, namespace),
    amounts: tenancy.quota ?? {},
    gpuResources: k.settings.gpuResources,
    sharedVolumeBytes: sharedVolume?.capacityBytes ?? null,
  });
  const same = ({ spec }: V1ResourceQuota) => sameAmounts(spec?.hard, wanted.spec?.hard);
  return await ensurePiece(k, namespace, { kind: quotas, name: quotaName, wanted, same });
}

export function writtenQuota(k: KubernetesContext, { namespace }: Tenancy): Promise<V1ResourceQuota | undefined> {
  return foundPiece(k, namespace, { kind: quotas, name: quotaName });
}

async function ensurePolicy(k: KubernetesContext, plain: NetworkPolicyManifest): Promise<Ensured<unknown>> {
  const wanted = withHash(plain);
  const { name, namespace } = wanted.metadata;
  let isFromBefore = false;
  const ensured = await ensurePiece(k, namespace, {
    kind: networkPolicies,
    name,
    wanted,
    same: (found) => {
      isFromBefore = hashOn(found) !== hashOn(wanted);
      return !isFromBefore && sameSpec(found.spec, wanted.spec);
    },
  });
  // Another configuration makes another policy; only what somebody changed under today's is a piece that was taken away.
  return ensured.state === "mended" && isFromBefore ? { ...ensured, state: "there" } : ensured;
}

function withHash(policy: NetworkPolicyManifest): NetworkPolicyManifest {
  const written = createHash("sha256").update(JSON.stringify(policy.spec)).digest("hex").slice(0, 16);
  return { ...policy, metadata: { ...policy.metadata, annotations: { [writtenKey]: written } } };
}

function hashOn({ metadata }: NetworkPolicyManifest): string | undefined {
  return metadata.annotations?.[writtenKey];
}

export const ensureDefaultDeny = (k: KubernetesContext, namespace: string) =>
  ensurePolicy(k, defaultDenyFor(place(k, namespace)));

export const ensureIsolation = (k: KubernetesContext, namespace: string) =>
  ensurePolicy(k, isolationPolicyFor({ ...k.settings.isolation, ...place(k, namespace) }));

/** Only looks. A namespace without servers yet has none, and needs none; one from before the configuration changed goes with the next look. */
export async function isolationState(
  k: KubernetesContext,
  namespace: string,
): Promise<"there" | "absent" | "different" | "from-before"> {
  const wanted = withHash(isolationPolicyFor({ ...k.settings.isolation, ...place(k, namespace) }));
  const found = await foundPiece(k, namespace, { kind: networkPolicies, name: wanted.metadata.name });
  if (found === undefined) return "absent";
  if (hashOn(found) !== hashOn(wanted)) return "from-before";
  return sameSpec(found.spec, wanted.spec) ? "there" : "different";
}

/** Each namespace needs its own copy: a pod can't name a secret of another one. */
export async function ensurePullSecret(k: KubernetesContext, namespace: string, name: string): Promise<PieceState> {
  const { from } = k.settings.pullSecrets;
  if (from === null || from === namespace) return "there";
  const original = await foundPiece(k, from, { kind: secrets, name });
  if (original === undefined) throw new PieceProblem(`there is no secret ${from}/${name} to copy`);
  if (!isPullSecret(original)) throw new PieceProblem(`the secret ${from}/${name} isn't one for pulling images`);
  const wanted = pullSecretCopyFor(original, place(k, namespace));
  const found = await foundPiece(k, namespace, { kind: secrets, name });
  if (found !== undefined && !isOwned(found, k.installationId)) return "there";
  const same = ({ data }: V1Secret) => sameSpec(data, wanted.data);
  return (await ensurePiece(k, namespace, { kind: secrets, name, wanted, same })).state;
}

/** One that is there under the name is taken as it is: an admin made it (a static volume), or it is the one from before. */
export async function ensureSharedClaim(k: KubernetesContext, namespace: string, volume: SharedVolumePlace) {
  const { claimName: name, ...shared } = volume;
  const wanted = sharedClaimFor({ ...place(k, namespace), ...shared, name });
  return await ensurePiece(k, namespace, { kind: claims, name, wanted, same: () => true });
}

export const pieceNames = {
  binding: `RoleBinding/${hubRoleName}`,
  account: "ServiceAccount/default",
  limits: `LimitRange/${limitRangeName}`,
  quota: `ResourceQuota/${quotaName}`,
  deny: `NetworkPolicy/${defaultDenyName}`,
  security: "Namespace/pod-security labels",
  isolation: (installationId: string) => `NetworkPolicy/${isolationPolicyName(installationId)}`,
} as const;

/** Whose a namespace is: this installation's, another one's in the same cluster, or none of Berth's (S-74). */
export function ownerOf(found: V1Namespace, installationId: string): "ours" | "another" | "none" {
  if (isOwned(found, installationId)) return "ours";
  return found.metadata?.labels?.[installationKey] === undefined ? "none" : "another";
}
