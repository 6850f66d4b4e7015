import path from "node:path";

/** Where a control group of ours can hold limits: cgroup v2's one tree, or v1's hierarchy per controller. */
export type CgroupLayout =
  | { readonly version: 2; readonly mount: string; readonly own: string }
  | { readonly version: 1; readonly memory: string; readonly pids: string | null; readonly cpu: string | null };

type Mount = { readonly root: string; readonly at: string; readonly type: string; readonly options: readonly string[] };

/** /proc/self/mountinfo, proc_pid_mountinfo(5): the optional fields in the middle end with a lone dash. */
function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ");
    const [, , , root, at] = before?.split(" ") ?? [];
    const [type, , options] = after?.split(" ") ?? [];
    return root && at && type ? [{ root, at, type, options: options?.split(",") ?? [] }] : [];
  });
}

/**
 * A hybrid machine mounts an empty v2 tree beside v1's hierarchies: where memory is a v1 controller, v1 is what holds.
 * `ownCgroups` is /proc/self/cgroup.
 */
export function cgroupLayout(mountinfo: string, ownCgroups: string): CgroupLayout | null {
  const mounts = parseMounts(mountinfo);
  const v1 = (controller: string) =>
    mounts.find((mount) => mount.type === "cgroup" && mount.options.includes(controller))?.at ?? null;
  const memory = v1("memory");
  if (memory !== null) return { version: 1, memory, pids: v1("pids"), cpu: v1("cpu") };
  const unified = mounts.find((mount) => mount.type === "cgroup2");
  const ownPath = /^0::(.*)$/m.exec(ownCgroups)?.[1];
  if (unified === undefined || ownPath === undefined) return null;
  return { version: 2, mount: unified.at, own: path.join(unified.at, path.relative(unified.root, ownPath)) };
}
