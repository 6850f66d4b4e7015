import { type Dirent, existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";

const root = "/sys/fs/cgroup";

/** The kubelet's folder in the one hierarchy of cgroup v2, or in each of v1. */
export function kubepodsFolders(): string[] {
  const hierarchies = [root, ...readdirSync(root).map((name) => path.join(root, name))];
  return hierarchies.map((folder) => path.join(folder, "kubepods")).filter((folder) => existsSync(folder));
}

function below(folder: string): string[] {
  const children = entriesOf(folder).filter((entry) => entry.isDirectory());
  return [...children.flatMap((child) => below(path.join(folder, child.name))), folder];
}

/** Nothing, where the container of the folder ended while we looked. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Processes in pods: kubepods wasn't there before the cluster, so they are all of its making. */
export function podProcesses(): number[] {
  const pids = kubepodsFolders()
    .flatMap(below)
    .flatMap((folder) => {
      try {
        return readFileSync(path.join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
      } catch {
        return [];
      }
    });
  return [...new Set(pids)];
}

/** Children before parents; a folder that still holds a process says EBUSY. */
export function removeKubepods(): void {
  for (const folder of kubepodsFolders().flatMap(below)) rmdirSync(folder);
}
