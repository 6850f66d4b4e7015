import type { V1RoleBinding } from "@kubernetes/client-node";
import { ownershipLabels } from "./labels.ts";

/** An account as RBAC names it. */
export type Account =
  | { readonly kind: "ServiceAccount"; readonly namespace: string; readonly name: string }
  | { readonly kind: "User"; readonly name: string };

const rbac = "rbac.authorization.k8s.io";
/** The ClusterRole of k8s/rbac/cluster-role-servers.yaml, and what binds it in a namespace of servers. */
export const hubRoleName = "berth-hub";

/** What lets the hub write in a namespace it made. Elsewhere it has no such right, because nothing binds the role there. */
export function roleBindingFor(order: {
  readonly namespace: string;
  readonly installationId: string;
  readonly account: Account;
}): V1RoleBinding {
  const { account, namespace, installationId } = order;
  return {
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { name: hubRoleName, namespace, labels: ownershipLabels(installationId) },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: hubRoleName },
    subjects: [account.kind === "User" ? { ...account, apiGroup: rbac } : account],
  };
}

/** `system:serviceaccount:berth:hub`, or anybody else's name. */
export function accountOf(userName: string): Account {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(userName) ?? [];
  return namespace === undefined || name === undefined
    ? { kind: "User", name: userName }
    : { kind: "ServiceAccount", namespace, name };
}

export function bindsSame(a: V1RoleBinding, b: V1RoleBinding): boolean {
  const sides = [a, b].map(({ roleRef, subjects = [] }) =>
    JSON.stringify([roleRef.kind, roleRef.name, subjects.map(({ kind, namespace, name }) => [kind, namespace, name])]),
  );
  return sides[0] === sides[1];
}
