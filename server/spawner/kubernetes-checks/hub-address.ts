import type { V1Pod } from "@kubernetes/client-node";
import { mainContainerName } from "#k8s/container.ts";
import { isForbidden } from "#k8s/errors.ts";
import { pods } from "#k8s/kinds.ts";
import { serverSelector } from "#k8s/labels.ts";
import type { KubernetesContext } from "../kubernetes-context.ts";
import { watchedNamespace } from "../kubernetes-look.ts";
import type { HealthCheck, ServersPlan } from "../spawner.ts";
import { addressesOf } from "./addresses-of.ts";
import { fine, wordsOf, wrong } from "./said.ts";

const name = "Hub's address";
const podsAtMost = 250;

/** Servers with a login of their own keep the address they were started with. null: there are none. */
export async function hubAddressCheck(k: KubernetesContext, { hubApiUrl }: ServersPlan): Promise<HealthCheck | null> {
  if (hubApiUrl === null) return null;
  const service = serviceBehind(hubApiUrl, process.env);
  const moved = service === null ? null : movedJudged(service, hubApiUrl, await addressesOf(k, service));
  if (moved !== null) return moved;
  const labelSelector = serverSelector(k.installationId);
  const query = { namespace: watchedNamespace(k), labelSelector, fieldSelector: "status.phase=Running" };
  try {
    const { items, metadata } = await k.client.list(pods, { ...query, limit: podsAtMost });
    return addressesJudged(hubApiUrl, items.flatMap(addressIn), (metadata.continue ?? "") !== "");
  } catch (error) {
    // The rights say it.
    if (isForbidden(error)) return null;
    return wrong(name, `Servers can't be looked at: ${wordsOf(error)}.`, null);
  }
}

/** The Service whose address this process was told, when it stands in the URL: Kubernetes tells it once, when the pod starts. */
export function serviceBehind(
  hubApiUrl: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  const host = hostIn(hubApiUrl);
  const found = ["BERTH_HUB", "HUB"].find((service) => environment[`${service}_SERVICE_HOST`] === host);
  return found?.toLowerCase().replace("_", "-") ?? null;
}

/** null: it is where it was, or there is no DNS that could say. */
export function movedJudged(service: string, hubApiUrl: string, today: readonly string[]): HealthCheck | null {
  if (today.length === 0 || today.includes(hostIn(hubApiUrl))) return null;
  return wrong(
    name,
    `Servers are told to call the hub at ${hubApiUrl}, but the Service ${service} has the address ${today.join(", ")} now.`,
    "kubectl rollout restart deployment/hub; servers with a login of their own that run have to be restarted too.",
  );
}

function hostIn(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

function addressIn({ spec }: V1Pod): string[] {
  const main = spec?.containers.find((container) => container.name === mainContainerName);
  const value = main?.env?.find((variable) => variable.name === "JUPYTERHUB_API_URL")?.value;
  return value === undefined ? [] : [value];
}

export function addressesJudged(hubApiUrl: string, found: readonly string[], hasMore: boolean): HealthCheck {
  const others = found.filter((address) => address !== hubApiUrl);
  const looked = hasMore ? ` (Of the first ${podsAtMost} servers.)` : "";
  if (others.length === 0) return fine(name, `Servers call the hub at ${hubApiUrl}, and those that run do.${looked}`);
  const kept = [...new Set(others)].join(", ");
  return wrong(
    name,
    `Servers are to call the hub at ${hubApiUrl}; ${others.length} that run have ${kept} instead.${looked}`,
    "The hub's Service was made anew, or hub.apiUrl changed. If the old address is gone, those servers have to be restarted.",
  );
}
