import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { bareEnvironment, hasVariable, isAlive, parseStat, readProcess, realUidOf } from "./processes.ts";

const line =
  "77 (a ) (b) S 12 77 70 0 -1 4194304 89 78 0 0 0 0 0 0 20 0 1 0 291337 2654208 409 18446744073709551615 1 1 0 0";

describe("processes", () => {
  test("a name with spaces and parentheses doesn't move the fields", () => {
    expect(parseStat(line)).toEqual({ pid: 77, state: "S", parent: 12, session: 70, startTime: "291337" });
    expect(parseStat("nonsense")).toBeNull();
  });

  test("the same pid with another start time is another process", () => {
    const own = readProcess(process.pid);
    expect(own).not.toBeNull();
    expect(isAlive({ pid: process.pid, startTime: own?.startTime ?? "" })).toBe(true);
    expect(isAlive({ pid: process.pid, startTime: "1" })).toBe(false);
  });

  test("a process that ended is not alive, and its marker is read from its environment only", async () => {
    const child = spawn("/bin/cat", [], { env: bareEnvironment({ MARK: "yes" }), stdio: ["pipe", "ignore", "ignore"] });
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    const stat = readProcess(pid);
    expect(hasVariable(pid, "MARK", "yes")).toBe(true);
    expect(hasVariable(pid, "MARK", "ye")).toBe(false);
    expect(realUidOf(pid)).toBe(process.getuid?.());
    child.stdin?.end();
    await once(child, "exit");
    expect(isAlive({ pid, startTime: stat?.startTime ?? "" })).toBe(false);
  });
});
