import { isKubeApiError } from "#k8s/errors.ts";
import { accessReviews } from "#k8s/kinds.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import type { HealthCheck } from "./spawner.ts";

export type Right = {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Only the object of this name. */
  readonly name?: string;
};

/** What the backend asks of the API server where servers are; k8s/rbac/role.yaml allows it. */
export const neededRights: readonly Right[] = [
  { group: "", resource: "pods", verbs: ["get", "list", "watch", "create", "delete"] },
  { group: "", resource: "pods/log", verbs: ["get"] },
  { group: "", resource: "events", verbs: ["list", "watch"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["get", "list", "watch", "create", "delete"] },
  { group: "", resource: "secrets", verbs: ["get", "create", "delete"] },
  { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["get", "create", "update"] },
];

/** Beside that in a namespace it made: k8s/rbac/cluster-role-servers.yaml, bound there. */
export const rightsInOwnNamespaces: readonly Right[] = [
  ...neededRights,
  { group: "", resource: "namespaces", verbs: ["get", "update"] },
  { group: "", resource: "secrets", verbs: ["update"] },
  { group: "", resource: "serviceaccounts", verbs: ["get", "update"], name: "default" },
  { group: "", resource: "serviceaccounts", verbs: ["create"] },
  { group: "", resource: "resourcequotas", verbs: ["get", "create", "update"] },
  { group: "", resource: "limitranges", verbs: ["get", "create", "update"] },
];

/** Across the cluster, where every user or group has a namespace: k8s/rbac/cluster-role.yaml. */
export const rightsForTenancies: readonly Right[] = [
  { group: "", resource: "namespaces", verbs: ["get", "create"] },
  { group: "rbac.authorization.k8s.io", resource: "rolebindings", verbs: ["get", "create"] },
  { group: "rbac.authorization.k8s.io", resource: "clusterroles", verbs: ["bind"], name: "berth-hub" },
  { group: "", resource: "pods", verbs: ["get", "list", "watch"] },
  { group: "", resource: "events", verbs: ["list", "watch"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["get", "list", "watch"] },
];

/** Not needed, so not asked for: k8s/rbac/cluster-role-volumes.yaml, for volumes that outlive the deletion of their group. */
export const rightsToVolumes: readonly Right[] = [
  { group: "", resource: "persistentvolumes", verbs: ["get", "update"] },
];

const name = "Kubernetes permissions";

export async function rightsCheck(k: KubernetesContext): Promise<HealthCheck> {
  const { scope } = k.settings;
  const [needed, namespace] = scope.kind === "cluster" ? [rightsForTenancies, null] : [neededRights, scope.namespace];
  const fix =
    scope.kind === "cluster"
      ? "Bind the ClusterRole in k8s/rbac/cluster-role.yaml to the hub's service account, and make the one in cluster-role-servers.yaml."
      : "Bind the Role in k8s/rbac to the hub's service account.";
  const asked = needed.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb })));
  try {
    const answers = await Promise.all(
      asked.map(async (right) => ({ right, allowed: await isAllowed(k, namespace, right) })),
    );
    const missing = answers.filter(({ allowed }) => !allowed).map(({ right }) => `${right.verb} ${right.resource}`);
    if (missing.length === 0) return { name, ok: true, message: "All that is needed is allowed.", fix: null };
    return { name, ok: false, message: `Not allowed: ${missing.join(", ")}.`, fix };
  } catch (error) {
    if (!isKubeApiError(error)) throw error;
    return { name, ok: false, message: `Can't be asked for: ${error.status} ${error.detail}.`, fix: null };
  }
}

async function isAllowed(
  k: KubernetesContext,
  namespace: string | null,
  right: Omit<Right, "verbs"> & { readonly verb: string },
): Promise<boolean> {
  const [resource = "", subresource] = right.resource.split("/");
  const review = await k.client.create(accessReviews, null, {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        group: right.group,
        resource,
        verb: right.verb,
        ...(right.name === undefined ? {} : { name: right.name }),
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === null ? {} : { namespace }),
      },
    },
  });
  return review.status?.allowed === true;
}
