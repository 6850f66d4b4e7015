import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { apiServerUrl, nodeAddress, nodeBridge, nodeName } from "./addresses.ts";
import { type ClusterApi, clusterApi } from "./api.ts";
import { cacheDirectory, partFile } from "./build.ts";
import { commands } from "./components.ts";
import { ctr, importImage } from "./images.ts";
import { type Journal, observeMachine, readJournal, stateDirectory, writeJournal } from "./journal.ts";
import { makeCertificates, writeKubeconfigs } from "./pki.ts";
import { obstacles } from "./preconditions.ts";
import { endProcesses, isAlive, launch, startTicksOf, waitFor } from "./processes.ts";
import { writeSettings } from "./settings.ts";
import { installStorage } from "./storage.ts";
import { tearDown } from "./teardown.ts";

export type TestCluster = {
  /** system:masters: for the tests' own hands only. Berth runs under applyBerthAccess (access.ts). */
  adminKubeconfig: string;
  /** Undoes everything the start did to this machine. */
  stop(): Promise<void>;
};

export type StartOptions = {
  fakeNodes?: boolean;
  /** It outlives this process; until somebody stops it, no other start may take its place. */
  stay?: boolean;
  print?: (line: string) => void;
};

/** Starts what buildCluster built, as root; about ten seconds. An earlier cluster that wasn't stopped is cleaned up first. */
export async function startCluster(options: StartOptions = {}): Promise<TestCluster> {
  const print = options.print ?? console.error;
  const earlier = readJournal(stateDirectory);
  if (earlier) {
    refuseWhileInUse(earlier);
    print("test cluster: cleaning up after an earlier one");
    await tearDown(stateDirectory);
  }
  const inTheWay = await obstacles();
  if (inTheWay.length > 0) throw new Error(`The test cluster can't start.\n${inTheWay.join("\n")}`);
  try {
    await bringUp(options, print);
  } catch (error) {
    const logs = path.join(stateDirectory, "log");
    const kept = `${stateDirectory}.failed-log`;
    rmSync(kept, { recursive: true, force: true });
    if (existsSync(logs)) execFileSync("cp", ["-r", logs, kept]);
    await tearDown(stateDirectory);
    throw new Error(`The test cluster didn't start; its logs are in ${kept}.`, { cause: error });
  }
  return { adminKubeconfig: adminKubeconfig(), stop: stopCluster };
}

export function adminKubeconfig(): string {
  return path.join(stateDirectory, "admin.kubeconfig");
}

export function stopCluster(): Promise<void> {
  return tearDown(stateDirectory);
}

function launchComponent(name: string): void {
  const journal = readJournal(stateDirectory);
  const command = commands(stateDirectory, cacheDirectory)[name];
  if (!journal || !command) throw new Error(`There is no ${name} to start: the test cluster doesn't run.`);
  journal.processes[name] = launch(name, command, path.join(stateDirectory, "log"));
  writeJournal(stateDirectory, journal);
}

/** For tests of what happens without it: `stopComponent("apiserver")`, and `startComponent` to have it back, ready. */
export async function stopComponent(name: string): Promise<void> {
  const found = readJournal(stateDirectory)?.processes[name];
  if (!found || !isAlive(found)) throw new Error(`${name} doesn't run.`);
  await endProcesses([found], ["SIGKILL"]);
}

export async function startComponent(name: string): Promise<void> {
  launchComponent(name);
  if (name === "apiserver") await apiServerReady();
}

async function apiServerReady(): Promise<void> {
  const api = await clusterApi(adminKubeconfig());
  try {
    await waitFor("the API server is ready", 90, async () => {
      const found = readJournal(stateDirectory)?.processes.apiserver;
      if (found && !isAlive(found)) throw new Error("The API server ended.");
      const answer = await api.call("GET", "/readyz").catch(() => undefined);
      return answer?.status === 200;
    });
  } finally {
    await api.close();
  }
}

/** One machine has one such cluster. A start cleans up after a crash, but never under somebody's hands. */
function refuseWhileInUse({ owner, processes }: Journal): void {
  const inUse = owner ? isAlive(owner) : processes.apiserver !== undefined && isAlive(processes.apiserver);
  if (!inUse) return;
  const user = owner ? `process ${owner.pid}` : "somebody who started it by hand";
  throw new Error(
    `The test cluster is in use by ${user}. Use it with TEST_KUBECONFIG=${adminKubeconfig()}, or end it with \`npm exec -- node tests/cluster/down.ts\`.`,
  );
}

async function bringUp({ fakeNodes, stay }: StartOptions, print: (line: string) => void): Promise<void> {
  const started = performance.now();
  mkdirSync(stateDirectory, { recursive: true, mode: 0o755 });
  // From here on everything that is done to the machine can be undone, whatever happens to this process.
  const containerdRoot = path.join(cacheDirectory, "containerd");
  const owner = stay ? null : { pid: process.pid, startTicks: startTicksOf(process.pid) ?? "" };
  writeJournal(stateDirectory, { owner, ...observeMachine(containerdRoot) });
  writeSettings(stateDirectory, containerdRoot);
  execFileSync("ip", ["link", "add", nodeBridge, "type", "bridge"]);
  // A node's address can't be loopback, and not every kernel has dummy devices: a bridge without members carries it.
  execFileSync("ip", ["address", "add", `${nodeAddress}/32`, "dev", nodeBridge]);
  execFileSync("ip", ["link", "set", nodeBridge, "up"]);
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  launchComponent("containerd");
  launchComponent("etcd");
  makeCertificates(path.join(stateDirectory, "pki"));
  writeKubeconfigs(path.join(stateDirectory, "pki"), stateDirectory);
  launchComponent("apiserver");
  print("test cluster: loading images");
  await loadImages();
  await apiServerReady();
  for (const name of ["controller-manager", "scheduler", "kubelet", "kube-proxy"]) launchComponent(name);
  const api = await clusterApi(adminKubeconfig());
  await installStorage(api, stateDirectory);
  launchComponent("local-path");
  if (fakeNodes) launchComponent("kwok");
  await waitFor("the node is ready", 60, () => nodeIsReady(api));
  await waitFor("the default service account exists", 30, () => hasDefaultAccount(api));
  await api.close();
  print(`test cluster: ready at ${apiServerUrl} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

type Node = { status?: { conditions?: { type: string; status: string }[] } };

async function nodeIsReady(api: ClusterApi): Promise<boolean> {
  const { status, body } = await api.call("GET", `/api/v1/nodes/${nodeName}`);
  const node: Node = body;
  return status === 200 && (node.status?.conditions ?? []).some((c) => c.type === "Ready" && c.status === "True");
}

async function hasDefaultAccount(api: ClusterApi): Promise<boolean> {
  return (await api.call("GET", "/api/v1/namespaces/default/serviceaccounts/default")).status === 200;
}

async function loadImages(): Promise<void> {
  await waitFor("containerd is ready", 30, () => ctr("version").status === 0);
  for (const name of ["pause", "singleuser"] as const) importImage(`localhost/${name}:1`, partFile(name));
}
