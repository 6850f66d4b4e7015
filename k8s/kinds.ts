import type {
  CoreV1Event,
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1ResourceQuota,
  V1RoleBinding,
  V1Secret,
  V1SelfSubjectAccessReview,
  V1ServiceAccount,
} from "@kubernetes/client-node";
import type { LimitRangeManifest } from "./limit-range.ts";
import type { NetworkPolicyManifest } from "./network-policy.ts";

/** A kind of object: where the API keeps it, and what its JSON is. `shape` is never set; it carries the type. */
export type Kind<T> = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly shape?: T;
};

export const pods: Kind<V1Pod> = { group: "", version: "v1", plural: "pods" };
export const claims: Kind<V1PersistentVolumeClaim> = { group: "", version: "v1", plural: "persistentvolumeclaims" };
export const volumes: Kind<V1PersistentVolume> = { group: "", version: "v1", plural: "persistentvolumes" };
export const secrets: Kind<V1Secret> = { group: "", version: "v1", plural: "secrets" };
export const events: Kind<CoreV1Event> = { group: "", version: "v1", plural: "events" };
export const namespaces: Kind<V1Namespace> = { group: "", version: "v1", plural: "namespaces" };
export const nodes: Kind<V1Node> = { group: "", version: "v1", plural: "nodes" };
/** With what the API adds to what Berth sends. */
export type NetworkPolicy = NetworkPolicyManifest & {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string };
};
export const networkPolicies: Kind<NetworkPolicy> = {
  group: "networking.k8s.io",
  version: "v1",
  plural: "networkpolicies",
};
export const quotas: Kind<V1ResourceQuota> = { group: "", version: "v1", plural: "resourcequotas" };
export type LimitRange = LimitRangeManifest & {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string };
};
export const limitRanges: Kind<LimitRange> = { group: "", version: "v1", plural: "limitranges" };
export const serviceAccounts: Kind<V1ServiceAccount> = { group: "", version: "v1", plural: "serviceaccounts" };
export const roleBindings: Kind<V1RoleBinding> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural: "rolebindings",
};
/** "Who am I", since Kubernetes 1.28. */
export type SelfReview = {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly status?: { readonly userInfo?: { readonly username?: string } };
};
export const selfReviews: Kind<SelfReview> = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "selfsubjectreviews",
};
export const accessReviews: Kind<V1SelfSubjectAccessReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "selfsubjectaccessreviews",
};
export type StorageClass = {
  readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
};
export const storageClasses: Kind<StorageClass> = { group: "storage.k8s.io", version: "v1", plural: "storageclasses" };

/** `namespace` null: all namespaces of a namespaced kind, or a kind that has none. */
export function pathOf(
  kind: Kind<unknown>,
  at: { readonly namespace: string | null; readonly name?: string; readonly part?: string },
): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const parts = [
    ...(at.namespace === null ? [] : ["namespaces", at.namespace]),
    kind.plural,
    ...(at.name === undefined ? [] : [at.name]),
    ...(at.part === undefined ? [] : [at.part]),
  ];
  return `${root}/${parts.map(encodeURIComponent).join("/")}`;
}
