import { networkInterfaces } from "node:os";
import { createKubeClient, type KubeClientOptions } from "#k8s/client.ts";
import { ownNamespace } from "#k8s/cluster-access.ts";
import { componentKey, nameKey, portalName } from "#k8s/labels.ts";
import type { PolicyRules, PortalPeers } from "#k8s/network-policy.ts";
import type { Clock } from "#server/clock.ts";
import type { Config } from "#server/config/schema.ts";
import type { Log } from "#server/log.ts";
import { isGpuResource } from "#server/profiles/limits.ts";
import { namespaceOf } from "#server/servers/namespace.ts";
import { version } from "#server/version.ts";
import { createKubernetesSpawner } from "./kubernetes.ts";
import type { KubernetesContext, KubernetesSettings } from "./kubernetes-context.ts";
import { tracedCall } from "./kubernetes-trace.ts";
import type { Spawner } from "./spawner.ts";

type Making = {
  /** What it says of servers may change while the backend works. */
  readonly config: { readonly now: Config };
  readonly installationId: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every call to the API server. */
  readonly calls?: Pick<KubeClientOptions, "onRequest" | "around">;
  readonly onLook?: KubernetesContext["onLook"];
};

/** The backend as `spawner.kubernetes` of the configuration asks for it. */
export async function createKubernetesSpawnerFrom({
  config,
  installationId,
  clock,
  log,
  calls,
  onLook,
}: Making): Promise<Spawner> {
  const { kubeconfig, requestsInFlight } = config.now.spawner.kubernetes;
  const client = await createKubeClient({
    kubeconfigPath: kubeconfig ?? null,
    requestsInFlight,
    userAgent: `berth/${version}`,
    time: clock,
    around: tracedCall,
    ...calls,
  });
  const own = kubeconfig === undefined ? await ownNamespace() : null;
  const portal = portalPeers(config.now, own);
  let from = config.now;
  let settings = settingsFrom(from, portal, own);
  const told = onLook === undefined ? {} : { onLook };
  return createKubernetesSpawner({
    client,
    installationId,
    get settings() {
      if (config.now !== from) {
        from = config.now;
        settings = settingsFrom(from, portal, own);
      }
      return settings;
    },
    clock,
    log,
    ...told,
  });
}

/** `ownNamespace`: the one Berth runs in; null outside a cluster. */
export function settingsFrom(config: Config, portal: PortalPeers, ownNamespace: string | null): KubernetesSettings {
  const { namespaceTemplate, autoscaling, podSecurity, useExistingNamespaces, namespace } = config.spawner.kubernetes;
  const many = namespaceTemplate !== undefined;
  const apiPort = Number(/:(\d+)$/.exec(config.hub.apiListen ?? "")?.[1] ?? Number.NaN);
  return {
    scope: many ? { kind: "cluster" } : { kind: "namespace", namespace: namespaceOf(config, "") },
    makeNamespaces: many ? podSecurity : null,
    useExistingNamespaces,
    isolation: {
      mayEnter: portal,
      hubApi: Number.isInteger(apiPort) ? { ...portal, port: apiPort } : null,
      rules: policyRulesFrom(config.singleuser),
    },
    pullSecrets: { names: pullSecretsIn(config.singleuser), from: namespace ?? ownNamespace },
    gpuResources: gpuResourcesIn(config.singleuser),
    autoscaling,
  };
}

/** z2jh's keys, each in the words of the builder. */
export function policyRulesFrom({
  networkPolicy,
  cloudMetadata,
}: Pick<Config["singleuser"], "networkPolicy" | "cloudMetadata">): PolicyRules {
  const { egressAllowRules: allow } = networkPolicy;
  return {
    enabled: networkPolicy.enabled,
    internet: allow.nonPrivateIPs,
    privateAddresses: allow.privateIPs,
    metadata: {
      ip: cloudMetadata.ip,
      reachable: allow.cloudMetadataServer,
      dns: allow.dnsPortsCloudMetadataServer,
    },
    dns: { kubeSystem: allow.dnsPortsKubeSystemNamespace, privateAddresses: allow.dnsPortsPrivateIPs },
    ingress: networkPolicy.ingress,
    egress: networkPolicy.egress,
    openPorts: networkPolicy.allowedIngressPorts,
    labelledPods: networkPolicy.interNamespaceAccessLabels === "accept",
  };
}

/** What the configuration names, for all servers or for a profile's; a user can name none. */
function pullSecretsIn({ image, profileList }: Config["singleuser"]): string[] {
  const found = new Set(namesIn(image.pullSecrets));
  everyEntry(profileList, (key, value) => {
    if (key === "image_pull_secrets") for (const name of namesIn(value)) found.add(name);
  });
  return [...found];
}

function namesIn(secrets: unknown): string[] {
  if (typeof secrets === "string") return [secrets];
  if (Array.isArray(secrets)) return secrets.flatMap(namesIn);
  return typeof secrets === "object" && secrets !== null && "name" in secrets ? namesIn(secrets.name) : [];
}

/** Every kind of graphics card that some profile may ask for, and the usual one. */
function gpuResourcesIn(singleuser: unknown): string[] {
  const found = new Set(["nvidia.com/gpu"]);
  everyEntry(singleuser, (key, value) => {
    if (isGpuResource(key) && typeof value !== "object") found.add(key);
  });
  return [...found].sort();
}

function everyEntry(node: unknown, tell: (key: string, value: unknown) => void): void {
  if (typeof node !== "object" || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (!Array.isArray(node)) tell(key, value);
    everyEntry(value, tell);
  }
}

/** In the cluster the portal's pods by their labels, wherever they run; outside it the addresses of this machine. */
/** The portal's own pods as the chart labels them: it can't know the installation's id, which is made at the first start. */
function portalPeers(config: Config, namespace: string | null): PortalPeers {
  const { portalAddresses } = config.spawner.kubernetes;
  if (namespace === null) return { pods: [], blocks: portalAddresses ?? ownAddresses() };
  const roles = ["edge", "hub", "all"] as const;
  return {
    pods: roles.map((role) => ({ namespace, labels: { [nameKey]: portalName, [componentKey]: role } })),
    blocks: portalAddresses ?? [],
  };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address, family }) => `${address}/${family === "IPv6" ? 128 : 32}`);
}
