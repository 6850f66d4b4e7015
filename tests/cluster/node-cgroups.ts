import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { kubepodsFolders } from "./cgroups.ts";
import type { Pod } from "./installation.ts";

/** What the kernel of the node holds a container to. */
export type HeldLimits = { readonly memoryBytes: number; readonly cpus: number };

/** Reads the cgroup of a pod's first container as the node has it: version 2's one folder, or version 1's one per resource. */
export function heldLimits(pod: Pod): HeldLimits {
  const [container] = pod.status.containerStatuses ?? [];
  const id = container?.containerID?.replace(/^containerd:\/\//, "") ?? "";
  const qos = pod.status.qosClass === "Guaranteed" ? "" : (pod.status.qosClass ?? "").toLowerCase();
  const folders = kubepodsFolders().map((folder) => path.join(folder, qos, `pod${pod.metadata.uid}`, id));
  const read = (file: string) => {
    const found = folders.map((folder) => path.join(folder, file)).find((at) => existsSync(at));
    return found === undefined ? undefined : readFileSync(found, "utf8").trim();
  };
  const memory = read("memory.max") ?? read("memory.limit_in_bytes");
  const quota = read("cpu.max")?.split(" ") ?? [read("cpu.cfs_quota_us"), read("cpu.cfs_period_us")];
  return { memoryBytes: Number(memory), cpus: Number(quota[0]) / Number(quota[1]) };
}
