import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type CgroupLayout, cgroupLayout } from "./cgroup-layout.ts";
import type { LimitSpec, Limits } from "./limits.ts";
import { isCode } from "./records.ts";

const periodMicroseconds = 100_000;

/** The supervising shell is in the group too, and so is the one it forks. */
const ownProcesses = 2;

/** Limits held by the kernel for all processes of a server together, or the reason why this machine can't. */
export function cgroupLimits(groupName: string): Limits | { readonly because: string } {
  const layout = cgroupLayout(readFileSync("/proc/self/mountinfo", "utf8"), readFileSync("/proc/self/cgroup", "utf8"));
  return layout === null ? { because: "this machine has no control groups" } : limitsIn(layout, groupName);
}

/** What can be held where control groups are laid out like this. */
export function limitsIn(
  layout: CgroupLayout,
  groupName: string,
  isRoot = process.getuid?.() === 0,
): Limits | { readonly because: string } {
  try {
    if (layout.version === 1) return hierarchies(layout, groupName);
    if (isRoot) return tree(path.join(layout.mount, groupName));
    // With servers in groups below it systemd couldn't start such a unit again: nothing may live beside them (cgroups(7)).
    if (layout.own.endsWith(".service")) return { because: "its systemd unit doesn't say DelegateSubgroup=hub" };
    return tree(path.join(delegated(layout), groupName));
  } catch {
    return { because: "this account may not make control groups" };
  }
}

type V1 = Extract<CgroupLayout, { version: 1 }>;
type V2 = Extract<CgroupLayout, { version: 2 }>;

function hierarchies(layout: V1, groupName: string): Limits {
  const parents = [layout.memory, layout.pids, layout.cpu].filter((one) => one !== null);
  for (const parent of parents) {
    const group = path.join(parent, groupName);
    mkdirSync(group, { recursive: true });
    accessSync(group, constants.W_OK);
    removeIfEmpty(group);
  }
  const missing = [layout.cpu === null ? "CPU" : null, layout.pids === null ? "process" : null].filter(
    (one) => one !== null,
  );
  return {
    kind: "cgroup",
    note: missing.length === 0 ? null : `This machine's kernel doesn't hold ${missing.join(" and ")} limits.`,
    wrapper: () => [],
    foldersFor: (name) => parents.map((parent) => path.join(parent, groupName, name)),
    prepare: (folders, limits) => {
      for (const folder of folders) mkdirSync(folder, { recursive: true });
      const [memory, ...others] = folders;
      if (memory !== undefined) writeMemoryV1(memory, limits.memory.limitBytes);
      for (const folder of others) {
        writeIfThere(folder, "pids.max", limits.processLimit + ownProcesses);
        writeIfThere(folder, "cpu.cfs_period_us", periodMicroseconds);
        writeIfThere(folder, "cpu.cfs_quota_us", quotaMicroseconds(limits));
      }
    },
  };
}

function writeMemoryV1(folder: string, limitBytes: number): void {
  writeFileSync(path.join(folder, "memory.limit_in_bytes"), String(limitBytes));
  // With swap counted too, so that a server can't go on in swap at a crawl.
  writeIfThere(folder, "memory.memsw.limit_in_bytes", limitBytes);
}

function tree(group: string): Limits {
  passControllersDown(path.dirname(group));
  mkdirSync(group, { recursive: true });
  passControllersDown(group);
  removeIfEmpty(group);
  return {
    kind: "cgroup",
    note: null,
    wrapper: () => [],
    foldersFor: (name) => [path.join(group, name)],
    prepare: (folders, limits) => {
      for (const folder of folders) {
        mkdirSync(path.dirname(folder), { recursive: true });
        passControllersDown(path.dirname(folder));
        mkdirSync(folder, { recursive: true });
        writeFileSync(path.join(folder, "memory.max"), String(limits.memory.limitBytes));
        writeIfThere(folder, "memory.swap.max", 0);
        writeFileSync(path.join(folder, "pids.max"), String(limits.processLimit + ownProcesses));
        writeFileSync(path.join(folder, "cpu.max"), `${quotaMicroseconds(limits)} ${periodMicroseconds}`);
      }
    },
  };
}

/**
 * Who is delegated a group owns what is below it, but processes may only live in leaves (cgroups(7), "no internal processes"): the hub
 * moves into a leaf of its own first, with whatever started it. systemd's `DelegateSubgroup=hub` begins there.
 */
function delegated({ own }: V2): string {
  if (path.basename(own) === "hub") return path.dirname(own);
  const leaf = path.join(own, "hub");
  mkdirSync(leaf, { recursive: true });
  for (const pid of [process.pid, ...processesIn([own])]) moveInto(leaf, pid);
  return own;
}

function moveInto(leaf: string, pid: number): void {
  try {
    writeFileSync(path.join(leaf, "cgroup.procs"), String(pid));
  } catch (error) {
    // It has ended meanwhile.
    if (!isCode(error, "ESRCH")) throw error;
  }
}

function passControllersDown(folder: string): void {
  writeFileSync(path.join(folder, "cgroup.subtree_control"), "+memory +pids +cpu");
}

function quotaMicroseconds({ cpu }: LimitSpec): number {
  // The kernel takes no quota below one millisecond.
  return Math.max(1000, Math.round((cpu.limitMillicores / 1000) * periodMicroseconds));
}

function writeIfThere(folder: string, name: string, value: number): void {
  const file = path.join(folder, name);
  if (existsSync(file)) writeFileSync(file, String(value));
}

/** Everything that lives in these folders; a folder that is gone holds nothing. */
export function processesIn(folders: readonly string[]): number[] {
  const pids = folders.flatMap((folder) => readLines(path.join(folder, "cgroup.procs")).map(Number));
  return [...new Set(pids.filter((pid) => pid > 0))];
}

/** Whether the kernel ended one of its processes for memory: `oom_kill` in v1's memory.oom_control, v2's memory.events. */
export function wasOutgrown(folders: readonly string[]): boolean {
  return folders.some((folder) =>
    ["memory.oom_control", "memory.events"].some((name) =>
      readLines(path.join(folder, name)).some((line) => /^oom_kill [1-9]/.test(line)),
    ),
  );
}

/** An installation's group goes with its last server. */
function removeIfEmpty(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // Other servers live in it, or it is gone.
  }
}

/** False while something still lives there. */
export function removeCgroups(folders: readonly string[]): boolean {
  let removed = true;
  for (const folder of folders) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (isCode(error, "EBUSY")) removed = false;
      else if (!isCode(error, "ENOENT")) throw error;
    }
    removeIfEmpty(path.dirname(folder));
  }
  return removed;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENODEV")) return [];
    throw error;
  }
}
