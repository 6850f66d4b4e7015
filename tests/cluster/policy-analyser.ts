import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildCluster, cacheDirectory, partFile } from "./build.ts";

type Labels = Readonly<Record<string, string>>;
/** A pod with its namespace and labels, or an address outside the cluster. */
export type Endpoint = {
  readonly address: string;
  readonly pod?: { readonly namespace: string; readonly labels: Labels };
};
export type Probe = {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly portName?: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
};

/** Minutes the first time; afterwards it is in the cache. */
export async function buildAnalyser(): Promise<void> {
  await buildCluster(cacheDirectory, ["cyclonus"]);
}

/**
 * What these policies say of each probe, by the rules of networking.k8s.io/v1: allowed by the policies that select the sender and by those
 * that select the receiver. Worked out by cyclonus, which shares no line with Berth.
 */
export function analyse(policies: readonly object[], probes: readonly Probe[]): boolean[] {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-policies-"));
  try {
    for (const [index, policy] of policies.entries())
      writeFileSync(path.join(folder, `${index}.yaml`), JSON.stringify(policy));
    const traffic = `${folder}.traffic.json`;
    writeFileSync(traffic, JSON.stringify(probes.map(trafficOf)));
    const asked = ["analyze", "--mode", "query-traffic", "--simplify-policies=false"];
    const output = execFileSync(partFile("cyclonus"), [...asked, "--policy-path", folder, "--traffic-path", traffic], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 ** 2,
      stdio: ["ignore", "pipe", "ignore"],
    });
    rmSync(traffic);
    const verdicts = [...output.matchAll(/IS ALLOWED\?\s*\|\s*(TRUE|FALSE)/g)].map(([, word]) => word === "TRUE");
    if (verdicts.length !== probes.length)
      throw new Error(`The analyser judged ${verdicts.length} of ${probes.length} probes.`);
    return verdicts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function trafficOf({ from, to, port, portName = "", protocol }: Probe): object {
  const peer = ({ address, pod }: Endpoint) => ({
    IP: address,
    ...(pod === undefined
      ? {}
      : {
          Internal: {
            Namespace: pod.namespace,
            // As Kubernetes labels every namespace since 1.21.
            NamespaceLabels: { "kubernetes.io/metadata.name": pod.namespace },
            PodLabels: pod.labels,
          },
        }),
  });
  return {
    Source: peer(from),
    Destination: peer(to),
    ResolvedPort: port,
    ResolvedPortName: portName,
    Protocol: protocol,
  };
}
