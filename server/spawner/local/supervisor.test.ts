import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { entranceScript, supervisorArguments } from "./supervisor.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-supervisor-"));
  writeFileSync(path.join(folder, "lock"), "");
  writeFileSync(path.join(folder, "order-1.json"), "attempt-a\n{}\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);
const read = (name: string) => readFileSync(at(name), "utf8");

async function supervise(command: string, environment: Record<string, string> = {}, attempt = "attempt-a") {
  writeFileSync(at("environment"), entranceScript({ HOME: folder, PATH: "/usr/bin:/bin", ...environment }, folder));
  const child: ChildProcess = spawn(
    "/bin/sh",
    supervisorArguments({
      folder,
      generation: 1,
      attempt,
      cgroups: [],
      wrapper: [],
      environmentFile: at("environment"),
      command: ["/bin/sh", "-c", command],
    }),
    { stdio: "ignore" },
  );
  const [code] = await once(child, "exit");
  return code;
}

describe("supervisor", () => {
  test("runs the command once, and writes down who it was and how it ended", async () => {
    expect(await supervise("echo ran >>ran; exit 3")).toBe(0);
    expect(read("ran")).toBe("ran\n");
    expect(read("exit-1")).toBe("3\n");
    expect(read("run-1")).toMatch(/^\d+ \(sh\) /);
    expect(read("app-1").split(" ")[0]).not.toBe(read("run-1").split(" ")[0]);
  });

  test("R-01: after a run of this generation it starts nothing, however often it is asked", async () => {
    await supervise("echo ran >>ran");
    const before = [read("run-1"), read("exit-1")];
    expect(await supervise("echo ran >>ran")).toBe(75);
    expect(read("ran")).toBe("ran\n");
    expect([read("run-1"), read("exit-1")]).toEqual(before);
  });

  test("R-01: while another supervisor of the server lives it starts nothing", async () => {
    const holder = spawn("flock", [at("lock"), "-c", "echo held; cat"], { stdio: ["pipe", "pipe", "ignore"] });
    await once(holder.stdout, "data");
    expect(await supervise("echo ran >>ran")).toBe(75);
    holder.stdin.end();
    await once(holder, "exit");
    expect(existsSync(at("ran"))).toBe(false);
    expect(existsSync(at("run-1"))).toBe(false);
    await supervise("echo ran >>ran");
    expect(read("ran")).toBe("ran\n");
  });

  test("R-05: an order that was taken away, or is another attempt's, starts nothing", async () => {
    expect(await supervise("echo ran >>ran", {}, "attempt-b")).toBe(75);
    rmSync(at("order-1.json"));
    expect(await supervise("echo ran >>ran")).toBe(75);
    expect(existsSync(at("ran"))).toBe(false);
  });

  test("the command gets every value as it is, and can be interrupted", async () => {
    const value = `it's "$(touch ${at("proof")})" \`id\` \\ \n two`;
    await supervise(`printf %s "$VALUE" >value; trap 'echo interrupted >interrupted' INT; kill -INT $$`, {
      VALUE: value,
      "no-name": "x",
    });
    expect(read("value")).toBe(value);
    expect(read("interrupted")).toBe("interrupted\n");
    expect(existsSync(at("proof"))).toBe(false);
  });
});
