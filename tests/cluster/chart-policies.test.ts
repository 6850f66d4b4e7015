import { beforeAll, describe, expect, test } from "vitest";
import { simplestOrder } from "#k8s/example-orders.ts";
import { componentKey, nameKey, portalName } from "#k8s/labels.ts";
import { defaultDenyFor, isolationPolicyFor } from "#k8s/network-policy.ts";
import { podFor } from "#k8s/pod.ts";
import { Config } from "#server/config/schema.ts";
import { settingsFrom } from "#server/spawner/kubernetes-setup.ts";
import { buildCluster, cacheDirectory } from "./build.ts";
import { render } from "./chart-render.ts";
import { analyse, buildAnalyser, type Endpoint, type Probe } from "./policy-analyser.ts";

/** The chart's policies beside those the hub writes for servers: what a whole installation closes. */
const installationId = "inst-1";
const inside = (address: string, namespace: string, labels: Record<string, string>): Endpoint => ({
  address,
  pod: { namespace, labels },
});
const part = (address: string, role: string) =>
  inside(address, "berth", {
    [nameKey]: portalName,
    [componentKey]: role,
    "app.kubernetes.io/instance": "berth",
  });
const [hub, edge, web, postgres] = [
  part("10.244.4.1", "hub"),
  part("10.244.4.2", "edge"),
  part("10.244.4.3", "web"),
  part("10.244.4.4", "postgres"),
];
const serverLabels = podFor({ ...simplestOrder, installationId, serverId: "server-ana" }).metadata?.labels ?? {};
const server = inside("10.244.1.10", "berth", serverLabels);
const impostor = inside("10.244.3.14", "other", { [nameKey]: portalName, [componentKey]: "edge" });
const stranger = inside("10.244.3.15", "other", { app: "web" });
const metadata: Endpoint = { address: "169.254.169.254" };
const internet: Endpoint = { address: "93.184.216.34" };

const to = (from: Endpoint, target: Endpoint, port: number, portName?: string): Probe => ({
  ...{ from, to: target, port, protocol: "TCP" },
  ...(portName === undefined ? {} : { portName }),
});
const ports = { api: 8081, internal: 8444, http: 8000, pages: 8082, sql: 5432 };

let policies: object[];
beforeAll(async () => {
  await buildAnalyser();
  await buildCluster(cacheDirectory, ["helm"]);
  const made = render(["--set", "hub.publicUrl=https://hub.example.org"]).filter(
    ({ kind }) => kind === "NetworkPolicy",
  );
  const portal = {
    pods: ["edge", "hub"].map((role) => ({
      namespace: "berth",
      labels: { [nameKey]: portalName, [componentKey]: role },
    })),
    blocks: [],
  };
  const config = Config.parse({ hub: { apiListen: "0.0.0.0:8081" }, spawner: { type: "kubernetes" } });
  const { isolation } = settingsFrom(config, portal, "berth");
  policies = [
    ...made.map((policy) => ({ ...policy, metadata: { ...policy.metadata, namespace: "berth" } })),
    isolationPolicyFor({ ...isolation, namespace: "berth", installationId }),
  ];
}, 900_000);

const judged = (...probes: Probe[]) => analyse(policies, probes);

describe("network policies of a whole installation, by an analyser that shares no line with Berth", () => {
  test("the analyser denies what is known to be denied, and allows it where no policy stands", () => {
    const probe = to(stranger, server, 8888);
    const closed = [defaultDenyFor({ namespace: "berth", installationId })];
    expect(analyse(closed, [probe])).toEqual([false]);
    expect(analyse([], [probe])).toEqual([true]);
  });

  test("a server reaches the hub's API and no other part: not the internal listener, the pages or the database", () => {
    expect(
      judged(
        to(server, hub, ports.api, "api"),
        to(server, hub, ports.internal, "internal"),
        to(server, web, ports.pages, "http"),
        to(server, postgres, ports.sql, "postgres"),
      ),
    ).toEqual([true, false, false, false]);
  });

  test("the internal listener is for edge and web of this installation, whoever bears their labels elsewhere", () => {
    expect(
      judged(
        to(edge, hub, ports.internal, "internal"),
        to(web, hub, ports.internal, "internal"),
        to(impostor, hub, ports.internal, "internal"),
        to(stranger, hub, ports.internal, "internal"),
        to(postgres, hub, ports.internal, "internal"),
      ),
    ).toEqual([true, true, false, false, false]);
  });

  test("a hole in the pages leads to the hub's front doors alone; the database lets in the hub alone", () => {
    expect(
      judged(
        to(web, hub, ports.api, "api"),
        to(web, postgres, ports.sql, "postgres"),
        to(web, server, 8888),
        to(web, internet, 443),
        to(hub, postgres, ports.sql, "postgres"),
        to(edge, postgres, ports.sql, "postgres"),
      ),
    ).toEqual([true, false, false, false, true, false]);
  });

  test("nobody reaches the cloud's metadata server; people reach the edge, and nothing else of it is open", () => {
    const all = [hub, edge, web, postgres, server];
    expect(judged(...all.map((from) => to(from, metadata, 80)))).toEqual(all.map(() => false));
    expect(judged(to(internet, edge, ports.http, "http"), to(internet, web, ports.pages, "http"))).toEqual([
      true,
      false,
    ]);
    expect(judged(to(edge, internet, 443), to(hub, internet, 443))).toEqual([false, true]);
  });
});
