import { networkInterfaces } from "node:os";
import { createKubeClient, type KubeClientOptions } from "#k8s/client.ts";
import { ownNamespace } from "#k8s/cluster-access.ts";
import { componentKey, installationKey } from "#k8s/labels.ts";
import type { PortalPeers } from "#k8s/network-policy.ts";
import type { Clock } from "#server/clock.ts";
import type { Config } from "#server/config/schema.ts";
import type { Log } from "#server/log.ts";
import { namespaceOf } from "#server/servers/namespace.ts";
import { version } from "#server/version.ts";
import { createKubernetesSpawner } from "./kubernetes.ts";
import type { KubernetesSettings } from "./kubernetes-context.ts";
import type { Spawner } from "./spawner.ts";

type Making = {
  readonly config: Config;
  readonly installationId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every call to the API server. */
  readonly calls?: Pick<KubeClientOptions, "onRequest" | "around">;
};

/** The backend as `spawner.kubernetes` of the configuration asks for it. */
export async function createKubernetesSpawnerFrom({
  config,
  installationId,
  clock,
  log,
  calls,
}: Making): Promise<Spawner> {
  const { kubeconfig, requestsInFlight } = config.spawner.kubernetes;
  const client = await createKubeClient({
    kubeconfigPath: kubeconfig ?? null,
    requestsInFlight,
    userAgent: `berth/${version}`,
    time: clock,
    ...calls,
  });
  const settings = settingsFrom(config, await portalPeers(installationId, kubeconfig === undefined));
  return createKubernetesSpawner({ client, installationId, settings, clock, log });
}

export function settingsFrom(config: Config, portal: PortalPeers): KubernetesSettings {
  const { namespaceTemplate, autoscaling } = config.spawner.kubernetes;
  const many = namespaceTemplate !== undefined;
  const apiPort = Number(/:(\d+)$/.exec(config.hub.apiListen ?? "")?.[1] ?? Number.NaN);
  return {
    scope: many ? { kind: "cluster" } : { kind: "namespace", namespace: namespaceOf(config, "") },
    makeNamespaces: many ? "restricted" : null,
    isolation: {
      mayEnter: portal,
      hubApi: Number.isInteger(apiPort) ? { ...portal, port: apiPort } : null,
      internet: true,
      alsoReachable: [],
    },
    autoscaling,
  };
}

/** In the cluster the portal's pods by their labels, wherever they run; outside it the addresses of this machine. */
async function portalPeers(installationId: string, inCluster: boolean): Promise<PortalPeers> {
  const namespace = inCluster ? await ownNamespace() : null;
  if (namespace === null) return { pods: [], blocks: ownAddresses() };
  const roles = ["edge", "hub", "all"] as const;
  return {
    pods: roles.map((role) => ({ namespace, labels: { [installationKey]: installationId, [componentKey]: role } })),
    blocks: [],
  };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address, family }) => `${address}/${family === "IPv6" ? 128 : 32}`);
}
