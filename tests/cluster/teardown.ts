import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeBridge, podBridge } from "./addresses.ts";
import { kubepodsFolders, podProcesses, removeKubepods } from "./cgroups.ts";
import { undoScript, undoTables } from "./iptables.ts";
import { type Journal, namespacesNow, observeMachine, readJournal } from "./journal.ts";
import { endProcesses, isAlive, type RecordedProcess, shimsBelow, signal, startTicksOf, waitFor } from "./processes.ts";

/**
 * Puts the machine back as the journal says it was. Each step looks at what is there, not at what should be, so that it does
 * as well after a crash half-way through a start or a stop.
 */
export async function tearDown(directory: string): Promise<void> {
  const journal = readJournal(directory);
  if (!journal) return;
  // Nothing of theirs is kept, so they needn't end in order; containerd's images are.
  await endProcesses(others(journal), ["SIGKILL"]);
  await endPods();
  forgetContainers(directory, journal);
  await endProcesses(Object.values(journal.processes));
  await endProcesses(shimsBelow(directory));
  removeNamespaces(journal);
  unmountBelow([directory, ...journal.absentPaths]);
  for (const bridge of [nodeBridge, podBridge])
    if (existsSync(`/sys/class/net/${bridge}`)) execFileSync("ip", ["link", "delete", bridge]);
  undoTables("iptables", journal.iptables);
  undoTables("ip6tables", journal.ip6tables);
  await waitFor("the pods' cgroups are empty", 10, () => podProcesses().length === 0);
  removeKubepods();
  restoreSysctls(journal);
  for (const fixed of journal.absentPaths) rmSync(fixed, { recursive: true, force: true });
  const left = leftovers(journal);
  if (left.length > 0) throw new Error(`The test cluster left something behind.\n${left.join("\n")}`);
  rmSync(directory, { recursive: true, force: true });
}

/** What still differs from the machine that the journal describes. */
function leftovers(journal: Journal): string[] {
  const now = observeMachine(journal.containerdRoot);
  const paths = journal.absentPaths.filter((fixed) => !now.absentPaths.includes(fixed));
  const sysctls = Object.entries(journal.sysctls).filter(([name, value]) => now.sysctls[name] !== value);
  const chains = (["iptables", "ip6tables"] as const).filter((name) => undoScript(journal[name], now[name]) !== "");
  return [
    ...paths.map((fixed) => `${fixed} is still there.`),
    ...sysctls.map(([name, value]) => `${name} is ${now.sysctls[name]}, and was ${value}.`),
    ...chains.map((name) => `${name} still holds chains of the cluster.`),
    ...kubepodsFolders().map((folder) => `${folder} is still there.`),
  ];
}

function others(journal: Journal): RecordedProcess[] {
  return Object.entries(journal.processes).flatMap(([name, found]) => (name === "containerd" ? [] : [found]));
}

/** The unpacked images stay in the cache, the pods' containers don't. Without a living containerd everything goes. */
function forgetContainers(directory: string, { processes, containerdRoot }: Journal): void {
  if (!processes.containerd || !isAlive(processes.containerd)) {
    rmSync(containerdRoot, { recursive: true, force: true });
    return;
  }
  const ctr = (...args: string[]) =>
    spawnSync("ctr", ["-a", path.join(directory, "containerd.sock"), "-n", "k8s.io", ...args], { encoding: "utf8" });
  for (const id of ctr("containers", "ls", "-q").stdout.split("\n").filter(Boolean)) {
    ctr("tasks", "delete", "--force", id);
    ctr("containers", "delete", id);
  }
}

async function endPods(): Promise<void> {
  await waitFor("the pods' processes end", 30, () => {
    const pids = podProcesses();
    for (const pid of pids) signal(pid, "SIGKILL");
    return pids.every((pid) => startTicksOf(pid) === undefined);
  });
}

function withoutEscapes(mount: string): string {
  return mount.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function unmountBelow(folders: string[]): void {
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => withoutEscapes(line.split(" ")[1] ?? ""))
    .filter((mount) => folders.some((folder) => mount === folder || mount.startsWith(`${folder}/`)));
  for (const mount of mounts.reverse()) execFileSync("umount", ["-l", mount]);
}

/** Each pod's network namespace is a mount that holds the pod's end of a veth pair. */
function removeNamespaces(journal: Journal): void {
  for (const name of namespacesNow()) {
    if (!name.startsWith("cni-") || journal.networkNamespaces.includes(name)) continue;
    const at = path.join("/run/netns", name);
    if (readFileSync("/proc/mounts", "utf8").includes(` ${at} `)) execFileSync("umount", ["-l", at]);
    rmSync(at, { force: true });
  }
  const results = "/var/lib/cni/results";
  if (existsSync(results))
    for (const name of readdirSync(results))
      if (name.startsWith("berth-pods-")) rmSync(path.join(results, name), { force: true });
}

function restoreSysctls({ sysctls }: Journal): void {
  for (const [name, value] of Object.entries(sysctls)) {
    const at = `/proc/sys/${name}`;
    if (existsSync(at) && readFileSync(at, "utf8").trim() !== value) writeFileSync(at, value);
  }
}
