import { once } from "node:events";
import { KubeConfig } from "@kubernetes/client-node";
import { Pool } from "undici";
import { linesOf } from "#k8s/watch-lines.ts";
import { answer, onOrder, settings } from "../child-side.ts";
import { onFakeNodes } from "../control-plane.ts";

export type BareSettings = { readonly kubeconfig: string; readonly namespace: string };
export type BareResult = { readonly seconds: number };

/**
 * The ceiling for whoever starts pods: an undici pool that posts prebuilt JSON, and one watch that sees them Ready. It keeps no record
 * and serves nobody.
 */
const { kubeconfig, namespace } = settings<BareSettings>();
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const cluster = config.getCurrentCluster();
const user = config.getCurrentUser();
if (cluster === null || user === null) throw new Error("the kubeconfig names no cluster");
const connect = { ca: Buffer.from(cluster.caData ?? "", "base64").toString("utf8") };
const pool = new Pool(cluster.server, { connections: 64, pipelining: 1, connect });
const watches = new Pool(cluster.server, { connections: 1, connect });
const headers = {
  authorization: `Bearer ${user.token ?? ""}`,
  accept: "application/json",
  "content-type": "application/json",
};
const path = `/api/v1/namespaces/${namespace}/pods`;

const ready = new Set<string>();
let present = 0;
let changed: () => void = () => undefined;

let version = "";

/** An API server under load ends watches that it thinks too slow; one goes on where the last one ended. */
async function keepWatching(): Promise<never> {
  const list = await watches.request({ path: `${path}?limit=1`, method: "GET", headers });
  version = ((await list.body.json()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  for (;;) {
    const from = `${path}?watch=true&resourceVersion=${version}`;
    const { body } = await watches.request({ path: from, method: "GET", headers, bodyTimeout: 0 });
    await watch(body);
  }
}

async function watch(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const line of linesOf(body)) {
    const { type, object } = JSON.parse(line) as { type: string; object: Pod };
    if (type === "ERROR") throw new Error(`the watch failed: ${line}`);
    version = object.metadata.resourceVersion;
    if (type === "ADDED") present++;
    if (type === "DELETED") present--;
    const isReady = object.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
    if (isReady && type !== "DELETED") ready.add(object.metadata.name);
    changed();
  }
}
type Pod = {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
};

async function until(condition: () => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    changed = () => (condition() ? resolve() : undefined);
    changed();
  });
}

function podNamed(name: string): string {
  const resources = { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m", memory: "256Mi" } };
  const container = { name: "main", image: "stub", resources, ports: [{ containerPort: 8888 }] };
  const spec = {
    containers: [container],
    ...onFakeNodes,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
  };
  return JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
}

async function call(method: "POST" | "DELETE", where: string, body: string): Promise<void> {
  const response = await pool.request({ path: where, method, headers, body });
  const text = await response.body.text();
  if (response.statusCode >= 300) throw new Error(`${method} ${where}: ${response.statusCode} ${text}`);
}

onOrder(async ({ pods }: { pods: number }): Promise<BareResult> => {
  const names = Array.from({ length: pods }, (_, index) => `bare-${index}`);
  const bodies = names.map(podNamed);
  ready.clear();
  const startedMs = performance.now();
  await Promise.all(bodies.map((body) => call("POST", path, body)));
  await until(() => ready.size === pods);
  const seconds = (performance.now() - startedMs) / 1000;
  await Promise.all(names.map((name) => call("DELETE", `${path}/${name}?gracePeriodSeconds=0`, "")));
  await until(() => present === 0);
  return { seconds };
});

void keepWatching();
process.once("SIGTERM", () => process.exit(0));
answer({});
await once(process, "disconnect");
