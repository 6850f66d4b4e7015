import { BlockList } from "node:net";
import { describe, expect, test } from "vitest";
import { simplestOrder } from "./example-orders.ts";
import {
  type IsolationSettings,
  isolationPolicyFor,
  type NetworkPolicyManifest,
  type PolicyPeer,
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
  internet: true,
  alsoReachable: [],
};

type Peer =
  | { readonly address: string }
  | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
type Packet = { readonly peer: Peer; readonly protocol: "TCP" | "UDP"; readonly port: number | string };

/** What the policy says of one packet, by the API's rules: empty lists mean everything, `except` cuts out of its own block. */
function allows(policy: NetworkPolicyManifest, direction: "in" | "out", { peer, protocol, port }: Packet): boolean {
  const rules =
    direction === "in"
      ? policy.spec.ingress.map(({ from, ports }) => ({ peers: from, ports }))
      : policy.spec.egress.map(({ to, ports }) => ({ peers: to, ports: ports ?? [] }));
  return rules.some(({ peers, ports }) => {
    const portFits = ports.length === 0 || ports.some((one) => one.protocol === protocol && one.port === port);
    return portFits && (peers.length === 0 || peers.some((one) => fits(one, peer)));
  });
}

function fits(rule: PolicyPeer, peer: Peer): boolean {
  if ("ipBlock" in rule) {
    if (!("address" in peer)) return false;
    return (
      inBlock(rule.ipBlock.cidr, peer.address) &&
      !(rule.ipBlock.except ?? []).some((cidr) => inBlock(cidr, peer.address))
    );
  }
  if (!("namespace" in peer)) return false;
  const namespace = rule.namespaceSelector.matchLabels["kubernetes.io/metadata.name"];
  const labels = "podSelector" in rule ? rule.podSelector.matchLabels : {};
  return namespace === peer.namespace && Object.entries(labels).every(([key, value]) => peer.labels[key] === value);
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
    for (const [key, value] of Object.entries(policy.spec.podSelector.matchLabels)) {
      expect(podFor({ ...simplestOrder, installationId: "inst-1" }).metadata?.labels?.[key]).toBe(value);
    }
    expect(policy.spec.podSelector.matchLabels["berth.dev/installation"]).toBe("inst-1");
    expect(JSON.stringify(policy)).not.toContain("_from");
    expect(policy.metadata.name).toBe("berth-servers-inst-1");
  });
});

test("every exception lies inside its block, in a spelling the API server takes for IPv6", () => {
  for (const { to } of isolationPolicyFor(settings).spec.egress) {
    for (const peer of to) {
      const { cidr = "", except = [] } = "ipBlock" in peer ? peer.ipBlock : {};
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

  test("without internet and hub a server has its resolver, and what an admin opened", () => {
    const closed = isolationPolicyFor({ ...settings, internet: false, hubApi: null, alsoReachable: ["10.1.2.3/32"] });
    expect(allows(closed, "out", { peer: { address: "1.1.1.1" }, protocol: "TCP", port: 443 })).toBe(false);
    expect(allows(closed, "out", { peer: hub, protocol: "TCP", port: 8081 })).toBe(false);
    expect(allows(closed, "out", { peer: { address: "10.1.2.3" }, protocol: "TCP", port: 2049 })).toBe(true);
    expect(allows(closed, "out", { peer: { address: "10.1.2.4" }, protocol: "TCP", port: 2049 })).toBe(false);
  });

  test("a hub without an address is left out instead of opened to all", () => {
    const closed = isolationPolicyFor({ ...settings, internet: false, hubApi: { pods: [], blocks: [], port: 8081 } });
    expect(closed.spec.egress).toHaveLength(1);
  });

  test("a peer without labels, which would be every pod, is refused", () => {
    const mayEnter = { pods: [{ namespace: "berth", labels: {} }], blocks: [] };
    expect(() => isolationPolicyFor({ ...settings, mayEnter })).toThrow(/at least one label/);
  });
});
