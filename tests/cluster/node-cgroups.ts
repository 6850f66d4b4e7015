import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { kubepodsFolders } from "./cgroups.ts";
import type { Pod } from "./installation.ts";

/** What the kernel of the node holds a container to. */
export type HeldLimits = { readonly memoryBytes: number; readonly cpus: number };

/** Reads the cgroup of a pod's first container as the node has it: version 2's one folder, or version 1's one per resource. */
export function heldLimits(pod: Pod): HeldLimits {
  const memory = ofContainer(pod, "memory.max") ?? ofContainer(pod, "memory.limit_in_bytes");
  const quota = ofContainer(pod, "cpu.max")?.split(" ") ?? [
    ofContainer(pod, "cpu.cfs_quota_us"),
    ofContainer(pod, "cpu.cfs_period_us"),
  ];
  return { memoryBytes: Number(memory), cpus: Number(quota[0]) / Number(quota[1]) };
}

/** What the container has used by now, by the kernel's books. */
export function usedByContainer(pod: Pod): { readonly memoryBytes: number; readonly cpuSeconds: number } {
  const memory = ofContainer(pod, "memory.current") ?? ofContainer(pod, "memory.usage_in_bytes");
  const stat = /^usage_usec (\d+)$/m.exec(ofContainer(pod, "cpu.stat") ?? "")?.[1];
  const cpuSeconds = stat === undefined ? Number(ofContainer(pod, "cpuacct.usage")) / 1e9 : Number(stat) / 1e6;
  return { memoryBytes: Number(memory), cpuSeconds };
}

/** The kubelet counts and limits a pod's processes as a whole (`podPidsLimit`). */
export function processesOf(pod: Pod): { readonly now: number; readonly atMost: number } {
  return { now: Number(read(pod, "", "pids.current")), atMost: Number(read(pod, "", "pids.max")) };
}

function ofContainer(pod: Pod, file: string): string | undefined {
  const [container] = pod.status.containerStatuses ?? [];
  return read(pod, container?.containerID?.replace(/^containerd:\/\//, "") ?? "", file);
}

function read(pod: Pod, container: string, file: string): string | undefined {
  const qos = pod.status.qosClass === "Guaranteed" ? "" : (pod.status.qosClass ?? "").toLowerCase();
  const folders = kubepodsFolders().map((folder) => path.join(folder, qos, `pod${pod.metadata.uid}`, container));
  const found = folders.map((folder) => path.join(folder, file)).find((at) => existsSync(at));
  return found === undefined ? undefined : readFileSync(found, "utf8").trim();
}
