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
