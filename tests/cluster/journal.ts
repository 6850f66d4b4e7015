import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { saveTables } from "./iptables.ts";
import type { RecordedProcess } from "./processes.ts";

/** The machine as it was, and what was started on it: enough to undo a start that crashed anywhere. */
export type Journal = {
  /** The process that will stop the cluster; null when it was started by hand, to stay. */
  owner: { pid: number; startTicks: string } | null;
  containerdRoot: string;
  processes: Record<string, RecordedProcess>;
  sysctls: Record<string, string>;
  iptables: string;
  ip6tables: string;
  /** Paths outside the state folder that some component makes, absent when the cluster started. */
  absentPaths: string[];
  networkNamespaces: string[];
};

export const stateDirectory = process.env.BERTH_TEST_CLUSTER_STATE ?? "/var/lib/berth-testcluster";

const file = "journal.json";

/** Set by the kubelet, kube-proxy and the CNI plugins. */
const changedSysctls = [
  "net/ipv4/ip_forward",
  "net/ipv4/conf/all/route_localnet",
  "net/ipv6/conf/all/forwarding",
  "net/bridge/bridge-nf-call-iptables",
  "net/bridge/bridge-nf-call-ip6tables",
  "net/netfilter/nf_conntrack_max",
  "net/netfilter/nf_conntrack_tcp_be_liberal",
  "net/netfilter/nf_conntrack_tcp_timeout_established",
  "net/netfilter/nf_conntrack_tcp_timeout_close_wait",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
];

/** Paths that containerd, the kubelet and the CNI library fix at compile time. Parents before children. */
const fixedPaths = [
  "/var/lib/kubelet",
  "/var/log/pods",
  "/var/log/containers",
  "/var/lib/cni",
  "/run/containerd",
  "/run/netns",
  "/opt/containerd",
  "/opt/cni",
  "/etc/cni",
  "/etc/kubernetes",
  "/usr/libexec/kubernetes",
];

export function namespacesNow(): string[] {
  return existsSync("/run/netns") ? readdirSync("/run/netns") : [];
}

export function observeMachine(containerdRoot: string): Omit<Journal, "owner"> {
  const sysctls: Record<string, string> = {};
  for (const name of changedSysctls)
    if (existsSync(`/proc/sys/${name}`)) sysctls[name] = readFileSync(`/proc/sys/${name}`, "utf8").trim();
  return {
    containerdRoot,
    processes: {},
    sysctls,
    iptables: saveTables("iptables"),
    ip6tables: saveTables("ip6tables"),
    absentPaths: fixedPaths.filter((fixed) => !existsSync(fixed)),
    networkNamespaces: namespacesNow(),
  };
}

export function readJournal(directory: string): Journal | undefined {
  const at = path.join(directory, file);
  return existsSync(at) ? JSON.parse(readFileSync(at, "utf8")) : undefined;
}

export function writeJournal(directory: string, journal: Journal): void {
  const at = path.join(directory, file);
  writeFileSync(`${at}.new`, JSON.stringify(journal, null, 1));
  renameSync(`${at}.new`, at);
}
