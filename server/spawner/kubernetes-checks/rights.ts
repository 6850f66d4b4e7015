import { isKubeApiError } from "#k8s/errors.ts";
import { ownAccount } from "#k8s/own-account.ts";
import type { Account } from "#k8s/role-binding.ts";
import type { KubernetesContext, KubernetesSettings } from "../kubernetes-context.ts";
import { neededRights, rightsForTenancies, rightsInOwnNamespaces } from "../kubernetes-rights.ts";
import type { HealthCheck } from "../spawner.ts";
import { allowedOf, type SingleRight, singly } from "./review.ts";
import { fine, wordsOf, wrong } from "./said.ts";

const name = "Kubernetes permissions";

/** A file of k8s/rbac, where it holds, and every right in it. */
export type Grant = {
  readonly file: "role" | "cluster-role" | "cluster-role-servers" | "pull-secrets-role";
  readonly namespace: string | null;
  readonly rights: readonly SingleRight[];
};

export async function rightsCheck(k: KubernetesContext, namespaces: readonly string[]): Promise<HealthCheck> {
  const grants = grantsFor(k.settings, namespaces);
  try {
    const allowed = await allowedOf(
      k,
      grants.flatMap(({ rights }) => rights),
    );
    const isBare = grants.some(({ rights }) => !rights.some((right) => allowed.has(right)));
    // Only the command for a binding has to name it.
    return rightsJudged(grants, allowed, isBare ? await ownAccount(k.client).catch(() => null) : null);
  } catch (error) {
    if (!isKubeApiError(error)) throw error;
    return wrong(name, `Can't be asked for: ${wordsOf(error)}.`, null);
  }
}

/** What has to be granted where. `namespaces`: of those that Berth makes, some to ask in. */
export function grantsFor(
  { scope, pullSecrets }: Pick<KubernetesSettings, "scope" | "pullSecrets">,
  namespaces: readonly string[],
): readonly Grant[] {
  if (scope.kind === "namespace") {
    const { namespace } = scope;
    return [{ file: "role", namespace, rights: singly(neededRights, namespace) }];
  }
  const { from, names } = pullSecrets;
  const toPull = names.map((name) => ({ group: "", resource: "secrets", verbs: ["get"], name }));
  return [
    { file: "cluster-role", namespace: null, rights: singly(rightsForTenancies, null) },
    ...namespaces.map((namespace) => ({
      file: "cluster-role-servers" as const,
      namespace,
      rights: singly(rightsInOwnNamespaces, namespace),
    })),
    ...(from === null || names.length === 0
      ? []
      : [{ file: "pull-secrets-role" as const, namespace: from, rights: singly(toPull, from) }]),
  ];
}

export function rightsJudged(
  grants: readonly Grant[],
  allowed: ReadonlySet<SingleRight>,
  account: Account | null,
): HealthCheck {
  const lacking = grants.flatMap((grant) => {
    const missing = grant.rights.filter((right) => !allowed.has(right));
    return missing.length === 0 ? [] : [{ ...grant, missing, isBare: missing.length === grant.rights.length }];
  });
  if (lacking.length === 0) return fine(name, "All that is needed is allowed.");
  const message = lacking.map(({ namespace, missing }) => `Not allowed ${inWords(namespace)}: ${listOf(missing)}.`);
  const commands = lacking.flatMap(({ file, namespace, isBare }) => [
    `kubectl${inNamespace(file, namespace)} apply${filesOf(file)}`,
    ...(isBare ? bindingFor(file, namespace, account) : []),
  ]);
  const fix = `Run \`helm upgrade\` again, or without the chart: ${[...new Set(commands)].join(" && ")}`;
  return wrong(name, message.join(" "), fix);
}

function inWords(namespace: string | null): string {
  return namespace === null ? "across the cluster" : `in ${namespace}`;
}

function listOf(rights: readonly SingleRight[]): string {
  return rights.map(({ verb, resource, name }) => `${verb} ${resource}${name ? ` ${name}` : ""}`).join(", ");
}

function isClusterRole(file: Grant["file"]): boolean {
  return file === "cluster-role" || file === "cluster-role-servers";
}

function inNamespace(file: Grant["file"], namespace: string | null): string {
  return namespace === null || isClusterRole(file) ? "" : ` --namespace ${namespace}`;
}

/** What may be bound in the namespaces Berth makes has to be there before it can be bound. */
function filesOf(file: Grant["file"]): string {
  const files = file === "cluster-role" ? [file, "cluster-role-servers"] : [file];
  return files.map((one) => ` --filename k8s/rbac/${one}.yaml`).join("");
}

/** Where nothing at all is allowed it is the binding that is missing. In the namespaces it made the hub binds by itself. */
function bindingFor(file: Grant["file"], namespace: string | null, account: Account | null): string[] {
  const subject = subjectOf(account);
  switch (file) {
    case "role":
      return [`kubectl --namespace ${namespace} create rolebinding berth-hub --role berth-hub ${subject}`];
    case "pull-secrets-role":
      return [
        `kubectl --namespace ${namespace} create rolebinding berth-hub-pull-secrets --role berth-hub-pull-secrets ${subject}`,
      ];
    case "cluster-role":
      return [`kubectl create clusterrolebinding berth-hub-tenancies --clusterrole berth-hub-tenancies ${subject}`];
    case "cluster-role-servers":
      return [];
  }
}

function subjectOf(account: Account | null): string {
  if (account === null) return "--serviceaccount berth:hub";
  return account.kind === "User" ? `--user ${account.name}` : `--serviceaccount ${account.namespace}:${account.name}`;
}
