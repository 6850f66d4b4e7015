import { pods } from "#k8s/kinds.ts";
import { serverSelector } from "#k8s/labels.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import { isolationState } from "../kubernetes-pieces.ts";
import type { HealthCheck } from "../spawner.ts";
import { fine, wordsOf, wrong } from "./said.ts";

const name = "Network policy";
/** An object says what should be; only the plug-in knows whether it is. */
const unknowable = "Whether the cluster's network plug-in enforces it can't be seen from here.";

/** In the one namespace of all; where there are many, the looks at each say it (server/tenancies). */
export async function policyChecks(k: KubernetesContext): Promise<HealthCheck | null> {
  const { scope, isolation } = k.settings;
  if (!isolation.rules.enabled) {
    const message = "Servers are open to each other and to the cluster: singleuser.networkPolicy.enabled is false.";
    return wrong(name, message, "Set singleuser.networkPolicy.enabled to true, unless something else closes them.");
  }
  if (scope.kind === "cluster") return null;
  const { namespace } = scope;
  try {
    const state = await isolationState(k, namespace);
    return policyJudged(namespace, state, state === "absent" && (await hasServers(k, namespace)));
  } catch (error) {
    return wrong(name, `Can't be looked at: ${wordsOf(error)}.`, null);
  }
}

export function policyJudged(
  namespace: string,
  state: Awaited<ReturnType<typeof isolationState>>,
  hasServers: boolean,
): HealthCheck {
  const fix = "Berth makes it again before the next start. Find out who changes it.";
  const mayBeOpen = "so servers may be open to each other.";
  switch (state) {
    case "there":
      return fine(name, `Closes the servers in ${namespace}. ${unknowable}`);
    case "from-before":
      return fine(name, `From an earlier configuration; replaced before the next start. ${unknowable}`);
    case "absent":
      return hasServers
        ? wrong(name, `There is none in ${namespace}, ${mayBeOpen}`, fix)
        : fine(name, "Made before the first server.");
    case "different":
      return wrong(name, `It isn't what Berth wrote in ${namespace}, ${mayBeOpen}`, fix);
  }
}

async function hasServers(k: KubernetesContext, namespace: string): Promise<boolean> {
  const labelSelector = serverSelector(k.installationId);
  return (await k.client.list(pods, { namespace, labelSelector, limit: 1 })).items.length > 0;
}
