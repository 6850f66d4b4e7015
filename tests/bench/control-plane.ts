import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type ClusterApi, clusterApi } from "#tests/cluster/api.ts";
import { cacheDirectory, partFile } from "#tests/cluster/build.ts";
import { kubeconfigFor } from "#tests/cluster/kubeconfig.ts";
import { makeCertificates } from "#tests/cluster/pki.ts";
import { endProcesses, isAlive, launch, type RecordedProcess, waitFor } from "#tests/cluster/processes.ts";
import { endWithUs } from "./leftovers.ts";
import { freePorts } from "./ports.ts";

/**
 * etcd, API server, controller manager, scheduler (v1.34.4) and kwok on loopback ports of their own, beside whatever cluster the tests
 * use. No kubelet: the nodes and what runs on them are kwok's.
 */
export type ControlPlane = {
  readonly adminKubeconfig: string;
  readonly api: ClusterApi;
  readonly pids: readonly number[];
  /** Requests that a service account of `namespace` made, as `verb resource`, since the last call. */
  requestsOf(account: string): string[];
  stop(): Promise<void>;
};

const fakeNodes = 25;
const podsPerNode = 250;

export async function startControlPlane(folder: string): Promise<ControlPlane> {
  const at = (...parts: string[]) => path.join(folder, ...parts);
  for (const name of ["pki", "log"]) mkdirSync(at(name), { recursive: true });
  makeCertificates(at("pki"));
  const [etcd = 0, peers = 0, server = 0, manager = 0, scheduler = 0] = await freePorts(5);
  const adminKubeconfig = writeKubeconfigs(at, `https://127.0.0.1:${server}`);
  writeFileSync(at("audit.yaml"), JSON.stringify(auditPolicy));
  const kube = partFile("kube", cacheDirectory);
  const config = (name: string) => ["--kubeconfig", at(`${name}.kubeconfig`)];
  const running: RecordedProcess[] = [];
  const start = (name: string, command: string[]) => {
    const started = launch(name, command, at("log"));
    running.push(started);
    endWithUs(started.pid);
  };
  start("etcd", [kube, "etcd", ...etcdOptions(at("etcd"), etcd, peers)]);
  start("apiserver", [kube, "kube-apiserver", ...apiServerOptions(at, etcd, server)]);
  const api = await clusterApi(adminKubeconfig);
  const ended = async () => {
    await api.close();
    await endProcesses(running, ["SIGKILL"]);
  };
  try {
    await waitFor("the API server is ready", 90, async () => {
      if (!running.every(isAlive)) throw new Error(`etcd or the API server ended; see ${at("log")}`);
      return (await api.call("GET", "/readyz").catch(() => undefined))?.status === 200;
    });
    start("controller-manager", [
      ...[kube, "kube-controller-manager", ...config("controller-manager"), "--leader-elect=false"],
      ...["--service-account-private-key-file", at("pki", "sa.key"), "--root-ca-file", at("pki", "ca.crt")],
      ...["--use-service-account-credentials", "--bind-address", "127.0.0.1", "--secure-port", String(manager)],
      // kwok's nodes give no sign of life; without one for so long their pods would be called not ready.
      ...["--node-monitor-grace-period=2h"],
    ]);
    start("scheduler", [
      ...[kube, "kube-scheduler", ...config("scheduler"), "--leader-elect=false", "--bind-address", "127.0.0.1"],
      // Its request limits (50/s) are what Kubernetes ships; with them a cluster binds some 60 pods a second, whoever asks.
      ...["--secure-port", String(scheduler)],
    ]);
    start("kwok", [
      ...[partFile("kwok", cacheDirectory), ...config("admin"), "--manage-all-nodes=false"],
      ...["--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", "--cidr=127.16.0.1/12"],
      "--node-ip=127.0.0.1",
    ]);
    await addNodes(api);
  } catch (error) {
    await ended();
    throw error;
  }
  let read = 0;
  return {
    adminKubeconfig,
    api,
    pids: running.map(({ pid }) => pid),
    requestsOf: (account) => {
      const lines = readFileSync(at("log", "audit.log"), "utf8").split("\n").filter(Boolean);
      const fresh = lines.slice(read);
      read = lines.length;
      return fresh.flatMap((line) => requestIn(line, account));
    },
    stop: ended,
  };
}

type AuditLine = {
  verb: string;
  user: { username: string };
  objectRef?: { resource: string; subresource?: string };
};

function requestIn(line: string, account: string): string[] {
  const { verb, user, objectRef } = JSON.parse(line) as AuditLine;
  if (user.username !== `system:serviceaccount:${account}`) return [];
  return [`${verb} ${objectRef?.resource ?? "?"}${objectRef?.subresource ? `/${objectRef.subresource}` : ""}`];
}

/** Service accounts' requests, one line each when it is answered. */
const auditPolicy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [
    { level: "None", userGroups: ["system:serviceaccounts:kube-system"] },
    { level: "Metadata", userGroups: ["system:serviceaccounts"] },
    { level: "None" },
  ],
};

function writeKubeconfigs(at: (...parts: string[]) => string, server: string): string {
  const read = (name: string) => readFileSync(at("pki", name)).toString("base64");
  for (const name of ["admin", "controller-manager", "scheduler"]) {
    const user = { "client-certificate-data": read(`${name}.crt`), "client-key-data": read(`${name}.key`) };
    writeFileSync(at(`${name}.kubeconfig`), kubeconfigFor(server, read("ca.crt"), user), { mode: 0o600 });
  }
  return at("admin.kubeconfig");
}

function etcdOptions(data: string, client: number, peers: number): string[] {
  const url = `http://127.0.0.1:${client}`;
  return [
    ...["--data-dir", data, "--listen-client-urls", url, "--advertise-client-urls", url],
    ...[
      "--listen-peer-urls",
      `http://127.0.0.1:${peers}`,
      "--initial-advertise-peer-urls",
      `http://127.0.0.1:${peers}`,
    ],
    ...["--initial-cluster", `default=http://127.0.0.1:${peers}`, "--unsafe-no-fsync"],
  ];
}

function apiServerOptions(at: (...parts: string[]) => string, etcd: number, port: number): string[] {
  const key = at("pki", "sa.key");
  return [
    ...["--etcd-servers", `http://127.0.0.1:${etcd}`, "--service-cluster-ip-range", "10.112.0.0/16"],
    ...["--tls-cert-file", at("pki", "apiserver.crt"), "--tls-private-key-file", at("pki", "apiserver.key")],
    ...["--client-ca-file", at("pki", "ca.crt"), "--service-account-key-file", key],
    ...["--service-account-signing-key-file", key, "--service-account-issuer", "https://kubernetes.default.svc"],
    ...["--authorization-mode", "Node,RBAC", "--bind-address", "127.0.0.1", "--secure-port", String(port)],
    // A service's endpoint may not be a loopback address, and nobody here uses services.
    ...["--endpoint-reconciler-type", "none"],
    ...["--audit-policy-file", at("audit.yaml"), "--audit-log-path", at("log", "audit.log")],
  ];
}

async function addNodes(api: ClusterApi): Promise<void> {
  for (let index = 0; index < fakeNodes; index++) {
    const name = `fake-${index}`;
    const { status, body } = await api.call("POST", "/api/v1/nodes", {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        annotations: { "kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0" },
        labels: { type: "kwok", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" },
      },
      spec: { taints: [{ key: "kwok.x-k8s.io/node", value: "fake", effect: "NoSchedule" }] },
      status: { allocatable: capacity, capacity },
    });
    if (status >= 300) throw new Error(`the fake node ${name} was not taken: ${status} ${String(body.message)}`);
  }
}

const capacity = { cpu: "1000", memory: "4Ti", pods: String(podsPerNode) };

/** What makes a pod fit for a fake node, and no other. */
export const onFakeNodes = {
  nodeSelector: { type: "kwok" },
  tolerations: [{ key: "kwok.x-k8s.io/node", operator: "Exists", effect: "NoSchedule" }],
} as const;
