import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeBridge, podBridge } from "./addresses.ts";
import { podProcesses, removeKubepods } from "./cgroups.ts";
import { undoTables } from "./iptables.ts";
import { type Journal, namespacesNow, readJournal } from "./journal.ts";
import { endProcesses, shimsBelow, signal, startTicksOf, waitFor } from "./processes.ts";

/** The kubelet and its like go before the pods, or they would start them again; containerd after. */
const managers = ["kwok", "local-path", "kubelet", "kube-proxy", "scheduler", "controller-manager"];

/**
 * Puts the machine back as the journal says it was. Each step looks at what is there, not at what should be, so that it does
 * as well after a crash half-way through a start or a stop.
 */
export async function tearDown(directory: string): Promise<void> {
  const journal = readJournal(directory);
  if (!journal) return;
  await endProcesses(managers.flatMap((name) => journal.processes[name] ?? []));
  await endPods();
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
  rmSync(directory, { recursive: true, force: true });
}

async function endPods(): Promise<void> {
  await waitFor("the pods' processes end", 30, () => {
    const pids = podProcesses();
    for (const pid of pids) signal(pid, "SIGKILL");
    return pids.every((pid) => startTicksOf(pid) === undefined);
  });
}

function unescape(mount: string): string {
  return mount.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function unmountBelow(folders: string[]): void {
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => unescape(line.split(" ")[1] ?? ""))
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
