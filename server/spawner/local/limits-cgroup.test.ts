import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CgroupLayout } from "./cgroup-layout.ts";
import { limitsIn, processesIn, wasOutgrown } from "./limits-cgroup.ts";

/** Plain folders in place of the kernel's: whichever version this machine has, both file formats are looked at. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "berth-cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const asked = {
  cpu: { limitMillicores: 1500, guaranteeMillicores: 100 },
  memory: { limitBytes: 96 * 2 ** 20, guaranteeBytes: 2 ** 20 },
  processLimit: 50,
};

function prepared(layout: CgroupLayout, kernelFiles: readonly string[]): (file: string) => string {
  const limits = limitsIn(layout, "berth-1");
  if ("because" in limits) throw new Error(limits.because);
  const folders = limits.foldersFor("ana-1");
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    for (const file of kernelFiles) writeFileSync(path.join(folder, file), "max");
  }
  limits.prepare(folders, asked);
  return (file) => readFileSync(path.join(root, file), "utf8");
}

describe("what is written into a server's control group", () => {
  test("version 2: one folder with memory without swap, processes, and CPU as quota and period; its parents pass them down", () => {
    const read = prepared({ version: 2, mount: root, own: path.join(root, "hub") }, ["memory.swap.max"]);
    expect(read("berth-1/ana-1/memory.max")).toBe("100663296");
    expect(read("berth-1/ana-1/memory.swap.max")).toBe("0");
    // The supervising shell, and the one it forks, count too.
    expect(read("berth-1/ana-1/pids.max")).toBe("52");
    expect(read("berth-1/ana-1/cpu.max")).toBe("150000 100000");
    for (const folder of ["", "berth-1/"]) expect(read(`${folder}cgroup.subtree_control`)).toBe("+memory +pids +cpu");
  });

  test("version 2 without root: what lives where the account may make groups moves aside, into a leaf of its own", () => {
    const own = at("berth.scope");
    mkdirSync(own);
    writeFileSync(path.join(own, "cgroup.procs"), "12\n13\n");
    const limits = limitsIn({ version: 2, mount: root, own }, "berth-1", false);
    if ("because" in limits) throw new Error(limits.because);
    expect(limits.foldersFor("ana-1")).toEqual([path.join(own, "berth-1", "ana-1")]);
    // The kernel's file takes one after the other; a plain one keeps the last.
    expect(readFileSync(path.join(own, "hub", "cgroup.procs"), "utf8")).toBe("13");
    const again = limitsIn({ version: 2, mount: root, own: path.join(own, "hub") }, "berth-1", false);
    expect("foldersFor" in again && again.foldersFor("ana-1")).toEqual(limits.foldersFor("ana-1"));
  });

  test("version 2 without root, in a systemd unit that could not be started again beside its servers: refused with what is missing", () => {
    const own = at("berth.service");
    mkdirSync(own);
    expect(limitsIn({ version: 2, mount: root, own }, "berth-1", false)).toEqual({
      because: "its systemd unit doesn't say DelegateSubgroup=hub",
    });
    expect(existsSync(path.join(own, "hub"))).toBe(false);
  });

  test("version 1: a folder in each hierarchy, memory and swap together, CPU as two files", () => {
    const layout = { version: 1, memory: at("memory"), pids: at("pids"), cpu: at("cpu") } as const;
    const read = prepared(layout, ["memory.memsw.limit_in_bytes", "pids.max", "cpu.cfs_period_us", "cpu.cfs_quota_us"]);
    expect(read("memory/berth-1/ana-1/memory.limit_in_bytes")).toBe("100663296");
    expect(read("memory/berth-1/ana-1/memory.memsw.limit_in_bytes")).toBe("100663296");
    expect(read("pids/berth-1/ana-1/pids.max")).toBe("52");
    expect(read("cpu/berth-1/ana-1/cpu.cfs_period_us")).toBe("100000");
    expect(read("cpu/berth-1/ana-1/cpu.cfs_quota_us")).toBe("150000");
  });

  test("version 1 without CPU and process controllers says what isn't held", () => {
    const limits = limitsIn({ version: 1, memory: at("memory"), pids: null, cpu: null }, "berth-1");
    expect(limits).toMatchObject({ note: "This machine's kernel doesn't hold CPU and process limits." });
  });

  test("where no group can be made, the reason is said and nothing is thrown", () => {
    writeFileSync(at("memory"), "");
    const layout = { version: 1, memory: at("memory"), pids: null, cpu: null } as const;
    expect(limitsIn(layout, "berth-1")).toEqual({ because: "this account may not make control groups" });
  });
});

describe("what the kernel tells of a control group", () => {
  test("its processes, each once over all hierarchies; a folder that is gone holds none", () => {
    const folders = ["a", "b", "gone"].map(at);
    for (const name of ["a", "b"]) mkdirSync(at(name));
    writeFileSync(path.join(at("a"), "cgroup.procs"), "41\n42\n");
    writeFileSync(path.join(at("b"), "cgroup.procs"), "42\n");
    expect(processesIn(folders)).toEqual([41, 42]);
  });

  test.each([
    ["memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", true],
    ["memory.oom_control", "oom_kill_disable 0\nunder_oom 1\noom_kill 0\n", false],
    ["memory.events", "low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 0\n", true],
    ["memory.events", "low 0\nhigh 0\nmax 31\noom 1\noom_kill 0\noom_group_kill 0\n", false],
  ])("%s %j: outgrown is %s", (file, text, expected) => {
    writeFileSync(at(file), text);
    expect(wasOutgrown([root])).toBe(expected);
  });
});

function at(name: string): string {
  return path.join(root, name);
}
