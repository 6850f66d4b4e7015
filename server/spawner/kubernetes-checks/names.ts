import { isIP } from "node:net";
import type { KubernetesContext } from "../kubernetes-context.ts";
import type { HealthCheck, ServersPlan } from "../spawner.ts";
import { addressesOf } from "./addresses-of.ts";
import { fine, wrong } from "./said.ts";

const name = "Names (DNS)";
/** Every cluster's DNS knows it (kubernetes/dns, specification 2.3). */
const everyClusters = "kubernetes.default.svc";

/** Whether servers' own look-ups work only they could say; what Berth itself needs of DNS can be seen. */
export async function namesCheck(k: KubernetesContext, { hubApiUrl }: ServersPlan): Promise<HealthCheck> {
  const isInCluster = process.env.KUBERNETES_SERVICE_HOST !== undefined;
  const hubName = hubApiUrl === null ? null : nameIn(hubApiUrl);
  const resolves = async (host: string | null) =>
    host === null || !isInCluster ? null : (await addressesOf(k, host)).length > 0;
  const [cluster, hub] = await Promise.all([resolves(everyClusters), resolves(hubName)]);
  return namesJudged({ isInCluster, cluster, hubApiUrl, hub });
}

/** null where the address is a number. */
function nameIn(url: string): string | null {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? host : null;
}

/** `cluster` and `hub`: whether this process can resolve every cluster's own name, and the hub's as servers are told it; null: not tried. */
export type NamesSeen = {
  readonly isInCluster: boolean;
  readonly cluster: boolean | null;
  readonly hubApiUrl: string | null;
  readonly hub: boolean | null;
};

export function namesJudged({ isInCluster, cluster, hubApiUrl, hub }: NamesSeen): HealthCheck {
  const byName = hubApiUrl !== null && nameIn(hubApiUrl) !== null;
  const way =
    hubApiUrl === null
      ? "Servers don't call the hub."
      : byName
        ? `Servers find the hub by name (${hubApiUrl}), so they need DNS.`
        : `Servers find the hub by address (${hubApiUrl}); no DNS is needed for it.`;
  if (hub === false)
    return wrong(
      name,
      `${way} This machine can't resolve that name.`,
      "Leave hub.apiUrl out, and servers are given the Service's address; or repair the cluster's DNS.",
    );
  if (!isInCluster) return fine(name, `${way} Berth runs outside the cluster, whose names it can't try.`);
  const own = cluster ? "resolves" : "can't resolve";
  return fine(name, `${way} The hub ${own} the cluster's names${cluster ? "" : "; Berth itself needs none of them"}.`);
}
