import { isKubeApiError } from "#k8s/errors.ts";
import { accessReviews, storageClasses } from "#k8s/kinds.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { watchedNamespace } from "./kubernetes-look.ts";
import type { HealthCheck, SpawnerHealth } from "./spawner.ts";

/** What the backend asks of the API server; the Role in k8s/rbac allows exactly this. */
export const neededRights: readonly {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}[] = [
  { group: "", resource: "pods", verbs: ["get", "list", "watch", "create", "delete"] },
  { group: "", resource: "pods/log", verbs: ["get"] },
  { group: "", resource: "events", verbs: ["list", "watch"] },
  { group: "", resource: "persistentvolumeclaims", verbs: ["get", "list", "watch", "create"] },
  { group: "", resource: "secrets", verbs: ["get", "create", "delete"] },
  { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["get", "create", "update"] },
];

export async function kubernetesHealth(k: KubernetesContext, staleSince: Date | null): Promise<SpawnerHealth> {
  const reached = await reachCheck(k);
  const checks = reached.ok ? [reached, await rightsCheck(k), await storageCheck(k)] : [reached];
  if (staleSince !== null) checks.push(staleCheck(staleSince));
  return { ok: checks.every(({ ok }) => ok), since: staleSince, checks };
}

async function reachCheck(k: KubernetesContext): Promise<HealthCheck> {
  const name = "Kubernetes API";
  try {
    return { name, ok: true, message: `Answers, version ${await k.client.version()}.`, fix: null };
  } catch (error) {
    const fix = "Check spawner.kubernetes.kubeconfig, and that this machine can reach the API server.";
    return { name, ok: false, message: `Doesn't answer: ${wordsOf(error)}.`, fix };
  }
}

async function rightsCheck(k: KubernetesContext): Promise<HealthCheck> {
  const name = "Kubernetes permissions";
  const asked = neededRights.flatMap(({ verbs, ...right }) => verbs.map((verb) => ({ ...right, verb })));
  try {
    const answers = await Promise.all(asked.map(async (right) => ({ right, allowed: await isAllowed(k, right) })));
    const missing = answers.filter(({ allowed }) => !allowed).map(({ right }) => `${right.verb} ${right.resource}`);
    if (missing.length === 0) return { name, ok: true, message: "All that is needed is allowed.", fix: null };
    return {
      name,
      ok: false,
      message: `Not allowed: ${missing.join(", ")}.`,
      fix: "Bind the Role in k8s/rbac to the hub's service account.",
    };
  } catch (error) {
    return { name, ok: false, message: `Can't be asked for: ${wordsOf(error)}.`, fix: null };
  }
}

async function isAllowed(
  k: KubernetesContext,
  right: { readonly group: string; readonly resource: string; readonly verb: string },
): Promise<boolean> {
  const [resource = "", subresource] = right.resource.split("/");
  const namespace = watchedNamespace(k);
  const review = await k.client.create(accessReviews, null, {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        group: right.group,
        resource,
        verb: right.verb,
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === null ? {} : { namespace }),
      },
    },
  });
  return review.status?.allowed === true;
}

const defaultClassKey = "storageclass.kubernetes.io/is-default-class";

async function storageCheck(k: KubernetesContext): Promise<HealthCheck> {
  const name = "Storage class";
  try {
    const { items } = await k.client.list(storageClasses, { namespace: null });
    const byDefault = items.find(({ metadata }) => metadata?.annotations?.[defaultClassKey] === "true");
    if (byDefault !== undefined)
      return { name, ok: true, message: `New homes use ${byDefault.metadata?.name ?? "?"}.`, fix: null };
    const known = items.map(({ metadata }) => metadata?.name).join(", ");
    return {
      name,
      ok: items.length > 0,
      message:
        items.length === 0
          ? "The cluster has none, so no home can be made."
          : `None is the default; there are: ${known}.`,
      fix: "Name one in singleuser.storage.dynamic.storageClass, or make one the cluster's default.",
    };
  } catch (error) {
    return unseenClasses(error);
  }
}

/** The documented Role sees nothing outside its namespace, and storage classes are the cluster's: not seeing them is no fault. */
function unseenClasses(error: unknown): HealthCheck {
  const name = "Storage class";
  if (!isKubeApiError(error) || error.status !== 403)
    return { name, ok: false, message: `Can't be looked at: ${wordsOf(error)}.`, fix: null };
  const message =
    "Not checked: Berth's role may not list storage classes, and needn't. New homes use singleuser.storage.dynamic.storageClass, else the cluster's default; if a home waits for storage, ask the cluster's admin whether that class exists.";
  return { name, ok: true, message, fix: null };
}

function staleCheck(since: Date): HealthCheck {
  return {
    name: "View of the servers",
    ok: false,
    message: `Kubernetes has told nothing since ${since.toISOString()}. Servers that run go on; starts wait.`,
    fix: null,
  };
}

function wordsOf(error: unknown): string {
  if (!isKubeApiError(error)) return error instanceof Error ? error.message : String(error);
  return error.status === 0 ? error.detail : `${error.status} ${error.detail}`;
}
