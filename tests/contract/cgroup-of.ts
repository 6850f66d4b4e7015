import { readFileSync } from "node:fs";
import path from "node:path";

/** What the kernel says of this process's own cgroup: a file of it, named for both versions of control groups. */
export function inCgroupOf(pid: number, controller: string, v1File: string, v2File: string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const v1 = lines.find((line) => line.split(":")[1]?.split(",").includes(controller))?.split(":")[2];
  const v2 = lines.find((line) => line.startsWith("0::"))?.slice(3);
  const file =
    v1 !== undefined
      ? path.join("/sys/fs/cgroup", controller, v1, v1File)
      : path.join("/sys/fs/cgroup", v2 ?? "", v2File);
  return readFileSync(file, "utf8").trim();
}
