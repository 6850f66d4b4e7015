import type { V1Pod } from "@kubernetes/client-node";
import { mainContainerName } from "#k8s/container.ts";
import { isKubeApiError, isNotFound, type KubeApiError } from "#k8s/errors.ts";
import { pods } from "#k8s/kinds.ts";
import { serverSelector } from "#k8s/labels.ts";
import { listAll } from "#k8s/list-all.ts";
import { HubError } from "#server/errors.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";
import { sightingOf } from "./kubernetes-sighting.ts";
import type { Observation, ServerRef, Sighting } from "./spawner.ts";

/** Whether a stop (or a look) for `ref` is about this pod: of the same server, and no newer start. */
export function isMeant(seen: Sighting, ref: ServerRef): boolean {
  return seen.ref.serverId === ref.serverId && seen.ref.generation <= ref.generation;
}

export async function livePod(k: KubernetesContext, ref: ServerRef, signal: AbortSignal): Promise<V1Pod | undefined> {
  return await k.client
    .get(pods, { namespace: ref.namespace, name: ref.objectName }, signal)
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
}

/** The pod of this very start, looked at past every cache. One of an older start is only ever on its way out; a newer one is another's. */
export async function observePod(k: KubernetesContext, ref: ServerRef, signal: AbortSignal): Promise<Observation> {
  const pod = await livePod(k, ref, signal).catch((error: unknown) => {
    throw isKubeApiError(error) ? unavailable(error) : error;
  });
  const found = pod === undefined ? undefined : sightingOf(pod, k.installationId, k.settings.autoscaling);
  if (found === undefined || !isMeant(found, ref) || found.ref.runId === null) return { kind: "absent" };
  return found.ref.generation === ref.generation ? found.observation : { kind: "stopping", runId: found.ref.runId };
}

export function unavailable(error: KubeApiError): HubError {
  return new HubError("unavailable", "The cluster doesn't answer right now. Servers that run go on running.", {
    cause: error,
    detail: { status: error.status, reason: error.reason },
  });
}

/** Every server pod of this installation, by a consistent read. */
export async function observePods(k: KubernetesContext, signal: AbortSignal): Promise<readonly Sighting[]> {
  const at = { namespace: watchedNamespace(k), labelSelector: serverSelector(k.installationId) };
  try {
    const { objects } = await listAll(k.client, pods, at, null, signal);
    return objects.flatMap((pod) => sightingOf(pod, k.installationId, k.settings.autoscaling) ?? []);
  } catch (error) {
    throw isKubeApiError(error) ? unavailable(error) : error;
  }
}

/** null: all of them. */
export function watchedNamespace({ settings: { scope } }: KubernetesContext): string | null {
  return scope.kind === "namespace" ? scope.namespace : null;
}

/** What the server printed last. That there is none to get is no error: a pod that never ran has no log. */
export async function podLog(k: KubernetesContext, ref: ServerRef, lines: number): Promise<readonly string[]> {
  const at = { namespace: ref.namespace, name: ref.objectName, container: mainContainerName, tailLines: lines };
  const text = await k.client.logs(at).catch((error: unknown) => {
    k.log.debug({ err: error, pod: ref.objectName }, "no log lines could be read");
    return "";
  });
  const printed = text.split("\n");
  return printed.at(-1) === "" ? printed.slice(0, -1) : printed;
}
