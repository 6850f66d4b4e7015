import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import { type ClusterApi, clusterApi } from "./api.ts";
import { kubeconfigFor } from "./kubeconfig.ts";

export type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };
type RoleFile = { metadata: { name: string }; rules: Rule[] };
type RoleName = "role" | "cluster-role" | "cluster-role-servers" | "pull-secrets-role";

export function roleFile(name: RoleName): RoleFile {
  return parse(readFileSync(new URL(`../../k8s/rbac/${name}.yaml`, import.meta.url), "utf8"));
}

export type BerthAccess = {
  /** A file with a token of the ServiceAccount `hub`, which holds the documented rights and nothing else. */
  kubeconfig: string;
  /** Takes the namespace, the bindings and the file away. */
  remove(): Promise<void>;
};

const tokenSeconds = 24 * 3600;
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const rbacVersion = "rbac.authorization.k8s.io/v1";

/**
 * Makes the namespace and in it the ServiceAccount that Berth runs as. `tenancies`: what a namespace per user or group takes, instead of
 * the Role for one.
 */
export async function applyBerthAccess(
  adminKubeconfig: string,
  namespace: string,
  options: { tenancies?: boolean } = {},
): Promise<BerthAccess> {
  const api = await clusterApi(adminKubeconfig);
  await api.apply(`/api/v1/namespaces/${namespace}`, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  await api.apply(`/api/v1/namespaces/${namespace}/serviceaccounts/hub`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "hub", namespace },
  });
  if (options.tenancies) {
    await bindClusterRole(api, namespace);
    await bindRole(api, namespace, "pull-secrets-role");
  } else await bindRole(api, namespace, "role");
  const folder = mkdtempSync(path.join(tmpdir(), "berth-access-"));
  const kubeconfig = path.join(folder, "kubeconfig");
  writeFileSync(kubeconfig, await tokenKubeconfig(api, adminKubeconfig, namespace), { mode: 0o600 });
  return {
    kubeconfig,
    remove: async () => {
      if (options.tenancies) await api.call("DELETE", `${rbac}/clusterrolebindings/${bindingName(namespace)}`);
      await api.call("DELETE", `/api/v1/namespaces/${namespace}`);
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function bindingName(namespace: string): string {
  return `berth-hub-${namespace}`;
}

async function bindRole(api: ClusterApi, namespace: string, file: RoleName): Promise<void> {
  const role = roleFile(file);
  const { name } = role.metadata;
  await api.apply(`${rbac}/namespaces/${namespace}/roles/${name}`, role);
  await api.apply(`${rbac}/namespaces/${namespace}/rolebindings/${name}`, {
    apiVersion: rbacVersion,
    kind: "RoleBinding",
    metadata: { name, namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name: "hub", namespace }],
  });
}

async function bindClusterRole(api: ClusterApi, namespace: string): Promise<void> {
  const role = roleFile("cluster-role");
  await api.apply(`${rbac}/clusterroles/${role.metadata.name}`, role);
  const servers = roleFile("cluster-role-servers");
  await api.apply(`${rbac}/clusterroles/${servers.metadata.name}`, servers);
  await api.apply(`${rbac}/clusterrolebindings/${bindingName(namespace)}`, {
    apiVersion: rbacVersion,
    kind: "ClusterRoleBinding",
    metadata: { name: bindingName(namespace) },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: "hub", namespace }],
  });
}

async function tokenKubeconfig(api: ClusterApi, adminKubeconfig: string, namespace: string): Promise<string> {
  const answer = await api.call("POST", `/api/v1/namespaces/${namespace}/serviceaccounts/hub/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: tokenSeconds },
  });
  const { status }: { status?: { token?: string } } = answer.body;
  if (!status?.token) throw new Error(`No token for the ServiceAccount hub in ${namespace}: ${answer.status}.`);
  const admin = new KubeConfig();
  admin.loadFromFile(adminKubeconfig);
  const cluster = admin.getCurrentCluster();
  const authority = cluster?.caData ?? (cluster?.caFile ? readFileSync(cluster.caFile).toString("base64") : undefined);
  return kubeconfigFor(api.server, authority, { token: status.token }, namespace);
}
