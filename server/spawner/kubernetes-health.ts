import { isKubeApiError } from "#k8s/errors.ts";
import { pods, storageClasses } from "#k8s/kinds.ts";
import { serverSelector } from "#k8s/labels.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { isolationState } from "./kubernetes-pieces.ts";
import { rightsCheck } from "./kubernetes-rights.ts";
import type { HealthCheck, SpawnerHealth } from "./spawner.ts";

export async function kubernetesHealth(k: KubernetesContext, staleSince: Date | null): Promise<SpawnerHealth> {
  const reached = await reachCheck(k);
  const checks = reached.ok
    ? [reached, await rightsCheck(k), await storageCheck(k), ...(await isolationChecks(k))]
    : [reached];
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

/** In the one namespace of all; where there are many, the looks at each say it (server/tenancies). */
async function isolationChecks(k: KubernetesContext): Promise<HealthCheck[]> {
  const name = "Network policy";
  const { scope, isolation } = k.settings;
  if (!isolation.rules.enabled) {
    const message = "Servers are open to each other and to the cluster: singleuser.networkPolicy.enabled is false.";
    return [{ name, ok: true, message, fix: null }];
  }
  if (scope.kind === "cluster") return [];
  const { namespace } = scope;
  try {
    const state = await isolationState(k, namespace);
    if (state === "there") return [{ name, ok: true, message: `Closes the servers in ${namespace}.`, fix: null }];
    if (state === "from-before")
      return [{ name, ok: true, message: "From an earlier configuration; replaced before the next start.", fix: null }];
    if (state === "absent" && !(await hasServers(k, namespace)))
      return [{ name, ok: true, message: "Made before the first server.", fix: null }];
    const what = state === "absent" ? "There is none" : "It isn't what Berth wrote";
    const message = `${what} in ${namespace}, so servers may be open to each other.`;
    return [{ name, ok: false, message, fix: "Berth makes it again before the next start. Find out who changes it." }];
  } catch (error) {
    return [{ name, ok: false, message: `Can't be looked at: ${wordsOf(error)}.`, fix: null }];
  }
}

async function hasServers(k: KubernetesContext, namespace: string): Promise<boolean> {
  const labelSelector = serverSelector(k.installationId);
  return (await k.client.list(pods, { namespace, labelSelector, limit: 1 })).items.length > 0;
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
