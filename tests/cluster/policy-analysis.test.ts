import { beforeAll, describe, expect, test } from "vitest";
import { simplestOrder } from "#k8s/example-orders.ts";
import { componentKey, nameKey, portalName } from "#k8s/labels.ts";
import { defaultDenyFor, isolationPolicyFor, serverPortName } from "#k8s/network-policy.ts";
import { podFor } from "#k8s/pod.ts";
import { Config } from "#server/config/schema.ts";
import { settingsFrom } from "#server/spawner/kubernetes-setup.ts";
import { analyse, buildAnalyser, type Endpoint, type Probe } from "./policy-analyser.ts";

const installationId = "inst-1";
const portal = {
  pods: ["edge", "hub"].map((role) => ({
    namespace: "berth",
    labels: { [nameKey]: portalName, [componentKey]: role },
  })),
  blocks: [],
};

/** What a Berth with the defaults puts into two groups' namespaces, and what it puts there with other settings. */
function policiesWith(singleuser: object = {}): object[] {
  const config = Config.parse({
    hub: { apiListen: "0.0.0.0:8081" },
    spawner: { type: "kubernetes", kubernetes: { namespaceTemplate: "berth-{group}" } },
    singleuser,
  });
  const { isolation } = settingsFrom(config, portal, "berth");
  return ["berth-physics", "berth-chemistry"].flatMap((namespace) => [
    defaultDenyFor({ namespace, installationId }),
    isolationPolicyFor({ ...isolation, namespace, installationId }),
  ]);
}

const outside = (address: string): Endpoint => ({ address });
const inside = (address: string, namespace: string, labels: Record<string, string>): Endpoint => ({
  address,
  pod: { namespace, labels },
});
const server = (address: string, namespace: string, serverId: string) =>
  inside(address, namespace, podFor({ ...simplestOrder, installationId, serverId }).metadata?.labels ?? {});

const ana = server("10.244.1.10", "berth-physics", "server-ana");
const ben = server("10.244.1.11", "berth-physics", "server-ben");
const cleo = server("10.244.2.12", "berth-chemistry", "server-cleo");
const intruder = inside("10.244.1.66", "berth-physics", { app: "left-behind" });
const stranger = inside("10.244.3.13", "other", { app: "web" });
const impostor = inside("10.244.3.14", "other", { [nameKey]: portalName, [componentKey]: "edge" });
const edge = inside("10.244.4.1", "berth", { [nameKey]: portalName, [componentKey]: "edge" });
const hub = inside("10.244.4.2", "berth", { [nameKey]: portalName, [componentKey]: "hub" });
const database = inside("10.244.4.3", "berth", { app: "postgres" });
const resolver = inside("10.244.5.5", "kube-system", { "k8s-app": "kube-dns" });
const apiServer = outside("10.96.0.1");
const node = outside("10.250.0.1");

const tcp = (from: Endpoint, to: Endpoint, port: number, portName?: string): Probe => ({
  ...{ from, to, port, protocol: "TCP" },
  ...(portName === undefined ? {} : { portName }),
});
const udp = (from: Endpoint, to: Endpoint, port: number): Probe => ({ from, to, port, protocol: "UDP" });
const sctp = (from: Endpoint, to: Endpoint, port: number): Probe => ({ from, to, port, protocol: "SCTP" });

/** Who reaches whom. A change of a line here is a change of what people are protected from. */
const table: readonly (readonly [what: string, probe: Probe, allowed: boolean])[] = [
  ["the edge, a server", tcp(edge, ana, 8888, serverPortName), true],
  ["the hub, a server it probes", tcp(hub, ana, 8888, serverPortName), true],
  ["the edge, another port of a server", tcp(edge, ana, 22), false],
  ["the edge, a server's port by UDP", udp(edge, ana, 8888), false],
  ["the portal's database, a server", tcp(database, ana, 8888, serverPortName), false],
  ["a stranger's pod, a server", tcp(stranger, ana, 8888, serverPortName), false],
  ["a pod with the edge's labels elsewhere, a server", tcp(impostor, ana, 8888, serverPortName), false],
  ["a machine of the organisation, a server", tcp(outside("192.168.7.7"), ana, 8888, serverPortName), false],
  ["the internet, a server", tcp(outside("8.8.8.8"), ana, 8888, serverPortName), false],
  ["a server, another user's in its namespace", tcp(ana, ben, 8888, serverPortName), false],
  ["a server, another user's in another namespace", tcp(ana, cleo, 8888, serverPortName), false],
  ["a server, another user's by SCTP", sctp(ana, ben, 8888), false],
  ["a server, another user's as a resolver", udp(ana, ben, 53), false],
  ["a server, a stranger's pod", tcp(ana, stranger, 80), false],
  ["a server, the hub's API for servers", tcp(ana, hub, 8081), true],
  ["a server, the hub's internal listener", tcp(ana, hub, 8444), false],
  ["a server, the edge", tcp(ana, edge, 8000), false],
  ["a server, the database", tcp(ana, database, 5432), false],
  ["a server, the Kubernetes API", tcp(ana, apiServer, 443), false],
  ["a server, the API server on its node", tcp(ana, node, 6443), false],
  ["a server, a kubelet", tcp(ana, node, 10250), false],
  ["a server, a node's SSH", tcp(ana, node, 22), false],
  ["a server, the cluster's resolver", udp(ana, resolver, 53), true],
  ["a server, the cluster's resolver by TCP", tcp(ana, resolver, 53), true],
  ["a server, the rest of kube-system", tcp(ana, resolver, 9153), false],
  ["a server, the node's own resolver", udp(ana, outside("169.254.20.10"), 53), true],
  ["a server, cloud metadata", tcp(ana, outside("169.254.169.254"), 80), false],
  ["a server, cloud metadata by https", tcp(ana, outside("169.254.169.254"), 443), false],
  ["a server, Alibaba's metadata", tcp(ana, outside("100.100.100.200"), 80), false],
  ["a server, Azure's wire server", tcp(ana, outside("168.63.129.16"), 80), false],
  ["a server, AWS's metadata by IPv6", tcp(ana, outside("fd00:ec2::254"), 80), false],
  ["a server, metadata through NAT64", tcp(ana, outside("64:ff9b::a9fe:a9fe"), 80), false],
  ["a server, 10.0.0.0/8", tcp(ana, outside("10.9.8.7"), 443), false],
  ["a server, 172.16.0.0/12", tcp(ana, outside("172.20.1.1"), 443), false],
  ["a server, 192.168.0.0/16", tcp(ana, outside("192.168.1.1"), 443), false],
  ["a server, private IPv6", tcp(ana, outside("fd12:3456::1"), 443), false],
  ["a server, the internet", tcp(ana, outside("1.1.1.1"), 443), true],
  ["a server, the internet by IPv6", tcp(ana, outside("2606:4700::1111"), 443), true],
  ["a server, the internet by UDP", udp(ana, outside("1.1.1.1"), 443), true],
  ["whatever else runs in a group's namespace, a server", tcp(intruder, ana, 8888, serverPortName), false],
  ["whatever else runs in a group's namespace, the internet", tcp(intruder, outside("1.1.1.1"), 443), false],
  ["the edge, whatever else runs in a group's namespace", tcp(edge, intruder, 80), false],
];

// Minutes, where nobody built it before.
beforeAll(buildAnalyser, 900_000);

describe("the analyser", () => {
  const probe = tcp(stranger, ana, 8888, serverPortName);

  test("denies what is known to be denied, and allows the same where no policy says so", () => {
    const deny = defaultDenyFor({ namespace: "berth-physics", installationId });
    const elsewhere = defaultDenyFor({ namespace: "berth-elsewhere", installationId });
    expect(analyse([deny], [probe, tcp(ana, outside("1.1.1.1"), 443)])).toEqual([false, false]);
    expect(analyse([elsewhere], [probe, tcp(ana, outside("1.1.1.1"), 443)])).toEqual([true, true]);
  });

  test("takes a rule without sources for what it is to Kubernetes: open to everybody", () => {
    const [, policy] = policiesWith() as { spec: { ingress: { ports: object[] }[] } }[];
    const ingress = policy?.spec.ingress.map(({ ports }) => ({ ports }));
    expect(analyse([{ ...policy, spec: { ...policy?.spec, ingress } }], [probe])).toEqual([true]);
  });
});

describe("S-70, S-72: the policies of two groups' namespaces against the truth table", () => {
  let verdicts: boolean[] = [];
  beforeAll(() => {
    verdicts = analyse(
      policiesWith(),
      table.map(([, probe]) => probe),
    );
  });

  test.each(table.map(([what, , allowed], index) => [what, allowed ? "yes" : "no", index] as const))(
    "%s: %s",
    (_what, allowed, index) => {
      expect(verdicts[index] === true ? "yes" : "no").toBe(allowed);
    },
  );
});

describe("what an admin opens is open, and nothing else with it", () => {
  const differing = (singleuser: object) => {
    const verdicts = analyse(
      policiesWith(singleuser),
      table.map(([, probe]) => probe),
    );
    return table.flatMap(([what, , allowed], index) => (verdicts[index] === allowed ? [] : [what]));
  };
  const allow = (egressAllowRules: object) => ({ networkPolicy: { egressAllowRules } });

  test("nonPrivateIPs: false closes the internet", () => {
    expect(differing(allow({ nonPrivateIPs: false }))).toEqual([
      "a server, the internet",
      "a server, the internet by IPv6",
      "a server, the internet by UDP",
    ]);
  });

  test("privateIPs opens the organisation's network, and leaves cloud metadata and other servers closed", () => {
    const opened = differing(allow({ privateIPs: true }));
    expect(opened).toContain("a server, 10.0.0.0/8");
    expect(opened).toContain("a server, the Kubernetes API");
    expect(
      opened.filter((what) => /metadata|wire server|another user|whatever else|^the |stranger’s, a/.test(what)),
    ).toEqual([]);
  });

  test("cloudMetadataServer opens that one address", () => {
    expect(differing(allow({ cloudMetadataServer: true }))).toEqual([
      "a server, cloud metadata",
      "a server, cloud metadata by https",
    ]);
  });

  test("a rule of the configuration opens what it names", () => {
    const egress = [{ to: [{ ipBlock: { cidr: "10.9.8.7/32" } }], ports: [{ protocol: "TCP", port: 443 }] }];
    expect(differing({ networkPolicy: { egress } })).toEqual(["a server, 10.0.0.0/8"]);
  });

  test("allowedIngressPorts opens a server's port to everybody who may send, and no other port", () => {
    const [open, other] = analyse(policiesWith({ networkPolicy: { allowedIngressPorts: [9000] } }), [
      tcp(stranger, ana, 9000),
      tcp(stranger, ana, 9001),
    ]);
    expect([open, other]).toEqual([true, false]);
  });

  test("enabled: false opens servers, and still nothing else in the namespace", () => {
    const opened = differing({ networkPolicy: { enabled: false } });
    expect(opened).toContain("a server, another user's in its namespace");
    expect(opened.filter((what) => what.includes("whatever else runs in a group's namespace, the internet"))).toEqual(
      [],
    );
  });
});
