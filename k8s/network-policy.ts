import { type Labels, ownershipLabels, serverPodLabels } from "./labels.ts";
import { closedTo, liesIn, metadataIpv6, privateIpv4, privateIpv6 } from "./policy-addresses.ts";

/**
 * Which traffic a server's pod may have. A policy that selects a pod for both directions denies all it doesn't name, so one
 * object is both the default deny and the exceptions; it selects this installation's servers only, because the namespace may
 * be shared with other programs.
 *
 * The type is our own: client-node's says `_from` for `from`, and an object in that spelling sent as it is would lose its
 * sources, which to Kubernetes means everybody. Send it as plain JSON.
 */
export type NetworkPolicyManifest = {
  readonly apiVersion: "networking.k8s.io/v1";
  readonly kind: "NetworkPolicy";
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Labels;
    readonly annotations?: Labels;
  };
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes: readonly ["Ingress", "Egress"];
    readonly ingress: readonly IngressRule[];
    readonly egress: readonly EgressRule[];
  };
};
export type LabelSelector = {
  readonly matchLabels?: Labels | undefined;
  readonly matchExpressions?: readonly Readonly<Record<string, unknown>>[] | undefined;
};
export type PolicyPeer = {
  readonly podSelector?: LabelSelector | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] | undefined } | undefined;
};
export type PolicyPort = {
  readonly protocol?: "TCP" | "UDP" | "SCTP" | undefined;
  readonly port?: number | string | undefined;
  readonly endPort?: number | undefined;
};
/** Without `from` (`to`) or `ports`: everybody, every port. */
export type IngressRule = {
  readonly from?: readonly PolicyPeer[] | undefined;
  readonly ports?: readonly PolicyPort[] | undefined;
};
export type EgressRule = {
  readonly to?: readonly PolicyPeer[] | undefined;
  readonly ports?: readonly PolicyPort[] | undefined;
};

/** Where a part of the portal runs: pods in a namespace, or addresses (CIDR) outside the cluster, or both. */
export type PortalPeers = {
  readonly pods: readonly { readonly namespace: string; readonly labels: Readonly<Labels> }[];
  readonly blocks: readonly string[];
};

/** What an admin opens and closes (z2jh's `singleuser.networkPolicy`). */
export type PolicyRules = {
  /** False: servers are open to everybody, and everything to them. */
  readonly enabled: boolean;
  readonly internet: boolean;
  /** The organisation's own network and other pods. Cloud metadata stays closed. */
  readonly privateAddresses: boolean;
  readonly metadata: { readonly ip: string; readonly reachable: boolean; readonly dns: boolean };
  /** Port 53 of what is in kube-system and of the node's own resolver; of every private address. */
  readonly dns: { readonly kubeSystem: boolean; readonly privateAddresses: boolean };
  readonly ingress: readonly IngressRule[];
  readonly egress: readonly EgressRule[];
  /** Ports of servers that are open to everybody. */
  readonly openPorts: readonly (number | string)[];
  /** Pods anywhere with z2jh's label `hub.jupyter.org/network-access-singleuser` may enter too. */
  readonly labelledPods: boolean;
};

/** As z2jh's defaults are. */
export const usualRules: PolicyRules = {
  enabled: true,
  internet: true,
  privateAddresses: false,
  metadata: { ip: "169.254.169.254", reachable: false, dns: true },
  dns: { kubeSystem: true, privateAddresses: true },
  ingress: [],
  egress: [],
  openPorts: [],
  labelledPods: false,
};

export type IsolationSettings = {
  readonly namespace: string;
  readonly installationId: string;
  /** Who may open connections to a server: the edge, and the hub that probes it. */
  readonly mayEnter: PortalPeers;
  /** The hub's API, for what servers ask of it; null where servers don't (`auth: edge`). */
  readonly hubApi: (PortalPeers & { readonly port: number }) | null;
  readonly rules: PolicyRules;
};

/** The port's name in every server's container: its number differs from profile to profile. */
export const serverPortName = "notebook-port";

const dnsPorts: readonly PolicyPort[] = [
  { protocol: "UDP", port: 53 },
  { protocol: "TCP", port: 53 },
];
/** The cluster's resolver runs in kube-system, or on the node under NodeLocal DNSCache's well-known address. */
const resolvers: readonly PolicyPeer[] = [
  { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
  { ipBlock: { cidr: "169.254.20.10/32" } },
];

export function isolationPolicyName(installationId: string): string {
  return `berth-servers-${installationId}`;
}

export function isolationPolicyFor(settings: IsolationSettings): NetworkPolicyManifest {
  const { installationId, namespace, rules } = settings;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: isolationPolicyName(installationId), namespace, labels: ownershipLabels(installationId) },
    spec: {
      podSelector: { matchLabels: serverPodLabels(installationId) },
      policyTypes: ["Ingress", "Egress"],
      // Said, not left out: policies add up, and in a namespace of Berth's own another one closes everything.
      ingress: rules.enabled ? ingressFor(settings) : [{}],
      egress: rules.enabled ? egressFor(settings) : [{}],
    },
  };
}

export const defaultDenyName = "berth-default-deny";

/** For a namespace of Berth's own: whatever runs in it beside the servers reaches nothing and is reached by nobody. */
export function defaultDenyFor(place: {
  readonly namespace: string;
  readonly installationId: string;
}): NetworkPolicyManifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: defaultDenyName, namespace: place.namespace, labels: ownershipLabels(place.installationId) },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] },
  };
}

/** An empty list of sources means everybody to Kubernetes, so a rule without a source is left out: nobody. */
function ingressFor({ mayEnter, rules }: IsolationSettings): readonly IngressRule[] {
  const labelled = {
    namespaceSelector: {},
    podSelector: { matchLabels: { "hub.jupyter.org/network-access-singleuser": "true" } },
  };
  const from = [...peersFor(mayEnter), ...(rules.labelledPods ? [labelled] : [])];
  return [
    ...(from.length === 0 ? [] : [{ from, ports: [{ protocol: "TCP" as const, port: serverPortName }] }]),
    ...(rules.openPorts.length === 0 ? [] : [{ ports: rules.openPorts.map((port) => ({ port })) }]),
    ...rules.ingress,
  ];
}

function egressFor({ hubApi, rules }: IsolationSettings): readonly EgressRule[] {
  const hub = hubApi === null ? [] : peersFor(hubApi);
  const closed = closedTo(rules.metadata.ip);
  const metadata: PolicyPeer = { ipBlock: { cidr: `${rules.metadata.ip}/32` } };
  const internet: readonly PolicyPeer[] = [
    { ipBlock: { cidr: "0.0.0.0/0", except: closed.ipv4 } },
    { ipBlock: { cidr: "::/0", except: closed.ipv6 } },
  ];
  return [
    ...(rules.dns.kubeSystem ? [{ to: resolvers, ports: dnsPorts }] : []),
    ...(rules.dns.privateAddresses ? [{ to: privatePeers(rules), ports: dnsPorts }] : []),
    ...(rules.metadata.dns ? [{ to: [metadata], ports: dnsPorts }] : []),
    ...(rules.metadata.reachable ? [{ to: [metadata] }] : []),
    ...(hub.length === 0 || hubApi === null
      ? []
      : [{ to: hub, ports: [{ protocol: "TCP" as const, port: hubApi.port }] }]),
    ...(rules.internet ? [{ to: internet }] : []),
    ...(rules.privateAddresses ? [{ to: privatePeers(rules) }] : []),
    ...rules.egress,
  ];
}

/** Private addresses without the clouds' metadata servers that lie among them. */
function privatePeers({ metadata }: PolicyRules): readonly PolicyPeer[] {
  const ipv4 = privateIpv4.map((cidr) => ({
    ipBlock: { cidr, ...(liesIn(cidr, metadata.ip) ? { except: [`${metadata.ip}/32`] } : {}) },
  }));
  return [...ipv4, { ipBlock: { cidr: privateIpv6, except: [metadataIpv6] } }];
}

function peersFor(peers: PortalPeers): readonly PolicyPeer[] {
  return [
    ...peers.pods.map(({ namespace, labels }) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      podSelector: { matchLabels: refuseEmpty(labels) },
    })),
    ...peers.blocks.map((cidr) => ({ ipBlock: { cidr } })),
  ];
}

/** No labels would select every pod of the namespace, other users' servers among them. */
function refuseEmpty(labels: Readonly<Labels>): Labels {
  if (Object.keys(labels).length === 0) throw new Error("a network policy's peer needs at least one label");
  return { ...labels };
}
