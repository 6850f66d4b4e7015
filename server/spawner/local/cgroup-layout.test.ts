import { describe, expect, test } from "vitest";
import { cgroupLayout } from "./cgroup-layout.ts";

const v2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate";
const v1 = [
  "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:12 - cgroup cgroup rw,cpu,cpuacct",
  "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
  "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
].join("\n");

describe("cgroup layout", () => {
  test("one v2 tree, and where in it this process is", () => {
    expect(cgroupLayout(v2, "0::/system.slice/berth.service\n")).toEqual({
      version: 2,
      mount: "/sys/fs/cgroup",
      own: "/sys/fs/cgroup/system.slice/berth.service",
    });
  });

  test("where memory is a v1 controller, an empty v2 tree beside it is not used", () => {
    expect(cgroupLayout(v1, "4:memory:/x\n0::/\n")).toEqual({
      version: 1,
      memory: "/sys/fs/cgroup/memory",
      pids: null,
      cpu: "/sys/fs/cgroup/cpu,cpuacct",
    });
  });

  test("a machine without control groups has none", () => {
    expect(cgroupLayout("", "")).toBeNull();
  });
});
