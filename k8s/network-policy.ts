import { type Labels, ownershipLabels, serverPodLabels } from "./labels.ts";

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
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Labels };
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Labels };
    readonly policyTypes: readonly ["Ingress", "Egress"];
    readonly ingress: readonly { readonly from: readonly PolicyPeer[]; readonly ports: readonly PolicyPort[] }[];
    readonly egress: readonly { readonly to: readonly PolicyPeer[]; readonly ports?: readonly PolicyPort[] }[];
  };
};
export type PolicyPeer =
  | {
      readonly podSelector: { readonly matchLabels: Labels };
      readonly namespaceSelector: { readonly matchLabels: Labels };
    }
  | { readonly namespaceSelector: { readonly matchLabels: Labels } }
  | { readonly ipBlock: { readonly cidr: string; readonly except?: readonly string[] } };
export type PolicyPort = { readonly protocol: "TCP" | "UDP"; readonly port: number | string };

/** Where a part of the portal runs: pods in a namespace, or addresses (CIDR) outside the cluster, or both. */
export type PortalPeers = {
  readonly pods: readonly { readonly namespace: string; readonly labels: Readonly<Labels> }[];
  readonly blocks: readonly string[];
};

export type IsolationSettings = {
  readonly namespace: string;
  readonly installationId: string;
  /** Who may open connections to a server: the edge, and the hub that probes it. */
  readonly mayEnter: PortalPeers;
  /** The hub's API, for what servers ask of it; null where servers don't (`auth: edge`). */
  readonly hubApi: (PortalPeers & { readonly port: number }) | null;
  /** Whether servers reach the internet. Private ranges and cloud metadata stay closed either way. */
  readonly internet: boolean;
  /** Addresses (CIDR) an admin opens beside that: a file server, a licence server. */
  readonly alsoReachable: readonly string[];
};

/** The port's name in every server's container: its number differs from profile to profile. */
export const serverPortName = "notebook-port";

/** RFC 1918, RFC 6598 (also Alibaba's metadata), loopback, link-local (cloud metadata), Azure's wire server. */
const closedIpv4: readonly string[] = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "168.63.129.16/32",
];
/** Unique local (also AWS's metadata, fd00:ec2::254), link-local, loopback, the closed IPv4 ranges by NAT64 (RFC 6052). */
const closedIpv6: readonly string[] = ["fc00::/7", "fe80::/10", "::1/128", ...closedIpv4.map(throughNat64)];

const dns: readonly PolicyPort[] = [
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
  const { installationId } = settings;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: {
      name: isolationPolicyName(installationId),
      namespace: settings.namespace,
      labels: ownershipLabels(installationId),
    },
    spec: {
      podSelector: { matchLabels: serverPodLabels(installationId) },
      policyTypes: ["Ingress", "Egress"],
      ingress: ingressFor(settings),
      egress: egressFor(settings),
    },
  };
}

/** An empty list of sources means everybody to Kubernetes, so a rule without a source is left out: nobody. */
function ingressFor({ mayEnter }: IsolationSettings): NetworkPolicyManifest["spec"]["ingress"] {
  const from = peersFor(mayEnter);
  return from.length === 0 ? [] : [{ from, ports: [{ protocol: "TCP", port: serverPortName }] }];
}

function egressFor(settings: IsolationSettings): NetworkPolicyManifest["spec"]["egress"] {
  const hub = settings.hubApi === null ? [] : peersFor(settings.hubApi);
  const also = settings.alsoReachable.map((cidr) => ({ ipBlock: { cidr } }));
  const internet: readonly PolicyPeer[] = [
    { ipBlock: { cidr: "0.0.0.0/0", except: closedIpv4 } },
    { ipBlock: { cidr: "::/0", except: closedIpv6 } },
  ];
  return [
    { to: resolvers, ports: dns },
    ...(hub.length === 0 || settings.hubApi === null
      ? []
      : [{ to: hub, ports: [{ protocol: "TCP" as const, port: settings.hubApi.port }] }]),
    ...(settings.internet ? [{ to: internet }] : []),
    ...(also.length === 0 ? [] : [{ to: also }]),
  ];
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

/** `10.0.0.0/8` as `64:ff9b::a00:0/104`: an IPv6-only cluster reaches IPv4 under this prefix. */
function throughNat64(cidr: string): string {
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = cidr.split(/[./]/).map(Number);
  return `64:ff9b::${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}/${96 + bits}`;
}
