import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import { simplestOrder } from "./example-orders.ts";
import {
  defaultDenyFor,
  type IsolationSettings,
  isolationPolicyFor,
  type LabelSelector,
  type NetworkPolicyManifest,
  type PolicyPeer,
  type PolicyRules,
  usualRules,
} from "./network-policy.ts";
import { podFor } from "./pod.ts";

const settings: IsolationSettings = {
  namespace: "berth-physics",
  installationId: "inst-1",
  mayEnter: {
    pods: [{ namespace: "berth", labels: { "app.kubernetes.io/component": "edge" } }],
    blocks: ["192.0.2.7/32"],
  },
  hubApi: { pods: [{ namespace: "berth", labels: { "app.kubernetes.io/component": "hub" } }], blocks: [], port: 8081 },
  rules: usualRules,
};
const withRules = (rules: Partial<PolicyRules>): IsolationSettings => ({
  ...settings,
  rules: { ...usualRules, ...rules },
});

type Peer =
  | { readonly address: string }
  | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
type Packet = { readonly peer: Peer; readonly protocol: "TCP" | "UDP"; readonly port: number | string };

/** What the policy says of one packet, by the API's rules: empty lists mean everything, `except` cuts out of its own block. */
function allows(policy: NetworkPolicyManifest, direction: "in" | "out", { peer, protocol, port }: Packet): boolean {
  const rules =
    direction === "in"
      ? policy.spec.ingress.map(({ from = [], ports = [] }) => ({ peers: from, ports }))
      : policy.spec.egress.map(({ to = [], ports = [] }) => ({ peers: to, ports }));
  return rules.some(({ peers, ports }) => {
    const portFits = ports.length === 0 || ports.some((one) => one.protocol === protocol && one.port === port);
    return portFits && (peers.length === 0 || peers.some((one) => fits(one, peer)));
  });
}

function fits({ ipBlock, namespaceSelector, podSelector }: PolicyPeer, peer: Peer): boolean {
  if (ipBlock !== undefined) {
    if (!("address" in peer)) return false;
    const isCutOut = (ipBlock.except ?? []).some((cidr) => inBlock(cidr, peer.address));
    return inBlock(ipBlock.cidr, peer.address) && !isCutOut;
  }
  if (!("namespace" in peer)) return false;
  const has = (wanted: LabelSelector | undefined, labels: Readonly<Record<string, string>>) =>
    Object.entries(wanted?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const inOwn = namespaceSelector === undefined && peer.namespace === settings.namespace;
  return (
    (inOwn || has(namespaceSelector, { "kubernetes.io/metadata.name": peer.namespace })) &&
    has(podSelector, peer.labels)
  );
}

function inBlock(cidr: string, address: string): boolean {
  const [network = "", bits = ""] = cidr.split("/");
  const family = (text: string) => (text.includes(":") ? "ipv6" : "ipv4");
  if (family(network) !== family(address)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family(network));
  return list.check(address, family(address));
}

const edge = { namespace: "berth", labels: { "app.kubernetes.io/component": "edge" } };
const hub = { namespace: "berth", labels: { "app.kubernetes.io/component": "hub" } };
const neighbour = { namespace: "berth-physics", labels: podFor(simplestOrder).metadata?.labels ?? {} };
const resolver = { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };
const serverPort = "notebook-port";

describe("S-72: who reaches whom", () => {
  const policy = isolationPolicyFor(settings);

  test.each<[string, "in" | "out", Packet, boolean]>([
    ["the edge reaches a server", "in", { peer: edge, protocol: "TCP", port: serverPort }, true],
    [
      "a portal outside the cluster reaches a server",
      "in",
      { peer: { address: "192.0.2.7" }, protocol: "TCP", port: serverPort },
      true,
    ],
    ["the edge reaches no other port of it", "in", { peer: edge, protocol: "TCP", port: 22 }, false],
    ["another user's server doesn't", "in", { peer: neighbour, protocol: "TCP", port: serverPort }, false],
    [
      "the edge's labels in another namespace don't",
      "in",
      { peer: { ...edge, namespace: "evil" }, protocol: "TCP", port: serverPort },
      false,
    ],
    ["another address doesn't", "in", { peer: { address: "192.0.2.8" }, protocol: "TCP", port: serverPort }, false],
    ["a server reaches the hub's API", "out", { peer: hub, protocol: "TCP", port: 8081 }, true],
    ["a server doesn't reach the hub's internal port", "out", { peer: hub, protocol: "TCP", port: 8082 }, false],
    ["a server doesn't reach another server", "out", { peer: neighbour, protocol: "TCP", port: 8888 }, false],
    ["a server asks the cluster's resolver", "out", { peer: resolver, protocol: "UDP", port: 53 }, true],
    ["a server asks it by TCP too", "out", { peer: resolver, protocol: "TCP", port: 53 }, true],
    [
      "a server asks the node's resolver",
      "out",
      { peer: { address: "169.254.20.10" }, protocol: "UDP", port: 53 },
      true,
    ],
    ["a server reaches nothing else in kube-system", "out", { peer: resolver, protocol: "TCP", port: 443 }, false],
    ["a server reaches the internet", "out", { peer: { address: "1.1.1.1" }, protocol: "TCP", port: 443 }, true],
    [
      "a server reaches the internet by IPv6",
      "out",
      { peer: { address: "2606:4700::1111" }, protocol: "TCP", port: 443 },
      true,
    ],
  ])("%s", (_, direction, packet, allowed) => {
    expect(allows(policy, direction, packet)).toBe(allowed);
  });

  test.each([
    ...[
      "169.254.169.254",
      "100.100.100.200",
      "168.63.129.16",
      "fd00:ec2::254",
      "fe80::a9fe:a9fe",
      "64:ff9b::a9fe:a9fe",
      "64:ff9b::a00:1",
    ],
    ...[
      "10.0.0.1",
      "10.96.0.1",
      "172.16.0.1",
      "172.31.255.254",
      "192.168.1.1",
      "127.0.0.1",
      "100.64.0.1",
      "::1",
      "fd12::1",
    ],
  ])("S-70: a server reaches no cloud metadata and no private address: %s", (address) => {
    for (const port of [80, 443, 6443, 10250]) {
      expect(allows(policy, "out", { peer: { address }, protocol: "TCP", port })).toBe(false);
    }
  });

  test("the policy selects the servers' pods of its installation, both ways, and is sent with the API's own spelling", () => {
    expect(policy.spec.policyTypes).toEqual(["Ingress", "Egress"]);
    for (const [key, value] of Object.entries(policy.spec.podSelector.matchLabels ?? {})) {
      expect(podFor({ ...simplestOrder, installationId: "inst-1" }).metadata?.labels?.[key]).toBe(value);
    }
    expect(policy.spec.podSelector.matchLabels?.["berth.dev/installation"]).toBe("inst-1");
    expect(JSON.stringify(policy)).not.toContain("_from");
    expect(policy.metadata.name).toBe("berth-servers-inst-1");
  });
});

test("every exception lies inside its block, in a spelling the API server takes for IPv6", () => {
  const odd = withRules({ privateAddresses: true, metadata: { ip: "203.0.113.9", reachable: true, dns: true } });
  for (const { to = [] } of [settings, odd].flatMap((one) => isolationPolicyFor(one).spec.egress)) {
    for (const peer of to) {
      const { cidr, except = [] } = peer.ipBlock ?? { cidr: "" };
      // Go reads ::ffff:0:0/96 as IPv4, so "must be a strict subset of cidr" (seen with Kubernetes 1.34's own validation).
      for (const hole of except) {
        expect(inBlock(cidr, hole.split("/")[0] ?? "")).toBe(true);
        expect(hole).not.toMatch(/^::ffff:/);
      }
    }
  }
});

describe("the policy closes what isn't said", () => {
  test("nobody who may enter means nobody, not everybody", () => {
    const closed = isolationPolicyFor({ ...settings, mayEnter: { pods: [], blocks: [] } });
    expect(closed.spec.ingress).toEqual([]);
    expect(allows(closed, "in", { peer: edge, protocol: "TCP", port: serverPort })).toBe(false);
  });

  test("without internet, hub and resolvers a server reaches nothing, but what an admin opened", () => {
    const closed = isolationPolicyFor({
      ...withRules({
        internet: false,
        metadata: { ...usualRules.metadata, dns: false },
        dns: { kubeSystem: false, privateAddresses: false },
        egress: [{ to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ protocol: "TCP", port: 2049 }] }],
      }),
      hubApi: null,
    });
    expect(closed.spec.egress).toHaveLength(1);
    expect(allows(closed, "out", { peer: { address: "10.1.2.3" }, protocol: "TCP", port: 2049 })).toBe(true);
    expect(allows(closed, "out", { peer: { address: "10.1.2.4" }, protocol: "TCP", port: 2049 })).toBe(false);
  });

  test("a hub without an address is left out instead of opened to all", () => {
    const rules = { ...usualRules, internet: false };
    const before = isolationPolicyFor({ ...settings, rules, hubApi: null }).spec.egress;
    const closed = isolationPolicyFor({ ...settings, rules, hubApi: { pods: [], blocks: [], port: 8081 } });
    expect(closed.spec.egress).toEqual(before);
  });

  test("a peer without labels, which would be every pod, is refused", () => {
    const mayEnter = { pods: [{ namespace: "berth", labels: {} }], blocks: [] };
    expect(() => isolationPolicyFor({ ...settings, mayEnter })).toThrow(/at least one label/);
  });

  test("a namespace of Berth's own is closed for all that runs in it, both ways", () => {
    const { spec } = defaultDenyFor({ namespace: "berth-physics", installationId: "inst-1" });
    expect(spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] });
  });
});

describe("every key of singleuser.networkPolicy does what it says", () => {
  const out = (rules: Partial<PolicyRules>, address: string, port: number) =>
    allows(isolationPolicyFor(withRules(rules)), "out", { peer: { address }, protocol: "TCP", port });
  const metadata = usualRules.metadata;

  test("cloudMetadataServer opens the metadata server, and only by its own word", () => {
    expect(out({ metadata: { ...metadata, reachable: true } }, "169.254.169.254", 80)).toBe(true);
    for (const rules of [{}, { privateAddresses: true }, { internet: true, privateAddresses: true }])
      for (const address of ["169.254.169.254", "fd00:ec2::254"]) expect(out(rules, address, 80)).toBe(false);
  });

  test("a metadata server elsewhere is closed to the internet's rule and to the private one", () => {
    for (const ip of ["203.0.113.9", "10.200.0.1"]) {
      const elsewhere = { privateAddresses: true, metadata: { ...metadata, ip } };
      expect(out(elsewhere, ip, 80)).toBe(false);
      expect(out(elsewhere, ip.replace(/\d+$/, "77"), 80)).toBe(true);
    }
  });

  test("resolvers: of the cloud, of private addresses, each by its own key, and port 53 alone", () => {
    expect(out({}, "169.254.169.254", 53)).toBe(true);
    expect(out({ metadata: { ...metadata, dns: false } }, "169.254.169.254", 53)).toBe(false);
    expect(out({}, "10.0.0.10", 53)).toBe(true);
    expect(out({ dns: { kubeSystem: true, privateAddresses: false } }, "10.0.0.10", 53)).toBe(false);
    expect(out({ dns: { kubeSystem: false, privateAddresses: true } }, "169.254.20.10", 53)).toBe(false);
  });

  test("privateIPs and nonPrivateIPs open and close their halves of the world", () => {
    expect(out({ privateAddresses: true }, "10.1.2.3", 443)).toBe(true);
    expect(out({ privateAddresses: true }, "fd12::1", 443)).toBe(true);
    expect(out({ internet: false }, "1.1.1.1", 443)).toBe(false);
  });

  test("labels and ports of z2jh open a server to who has them; without, nobody is let in by them", () => {
    const friend = { namespace: "tools", labels: { "hub.jupyter.org/network-access-singleuser": "true" } };
    const enters = (rules: Partial<PolicyRules>, port: number | string) =>
      allows(isolationPolicyFor(withRules(rules)), "in", { peer: friend, protocol: "TCP", port });
    expect(enters({}, serverPort)).toBe(false);
    expect(enters({ labelledPods: true }, serverPort)).toBe(true);
    expect(enters({ labelledPods: true }, 22)).toBe(false);
    const open = isolationPolicyFor(withRules({ openPorts: [8000] }));
    expect(open.spec.ingress).toContainEqual({ ports: [{ port: 8000 }] });
  });

  test("enabled: false opens servers both ways, also where the namespace is closed by default", () => {
    const { spec } = isolationPolicyFor(withRules({ enabled: false }));
    expect([spec.ingress, spec.egress]).toEqual([[{}], [{}]]);
  });
});
