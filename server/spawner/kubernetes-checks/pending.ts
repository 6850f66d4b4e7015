import type { V1Pod } from "@kubernetes/client-node";
import { isKubeApiError } from "#k8s/errors.ts";
import { pods } from "#k8s/kinds.ts";
import { serverSelector } from "#k8s/labels.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import { watchedNamespace } from "../kubernetes-look.ts";

const atMost = 200;

/** Servers' pods that don't run yet. None where they can't be listed: that is said of the rights. */
export async function pendingPods(k: KubernetesContext): Promise<readonly V1Pod[]> {
  const labelSelector = serverSelector(k.installationId);
  const query = { namespace: watchedNamespace(k), labelSelector, fieldSelector: "status.phase=Pending", limit: atMost };
  return await k.client.list(pods, query).then(
    ({ items }) => items,
    (error: unknown) => {
      if (isKubeApiError(error)) return [];
      throw error;
    },
  );
}
