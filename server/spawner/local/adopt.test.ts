import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { markerVariable, readRun } from "./adopt.ts";
import { observationOf } from "./observation.ts";
import { bareEnvironment, readProcess } from "./processes.ts";
import { type RunRecord, ServerFiles } from "./records.ts";

const record: RunRecord = {
  ...{
    attempt: "attempt-1",
    serverId: "s",
    generation: 1,
    namespace: "local",
    objectName: "jupyter-ana",
    ownerId: "u",
  },
  ...{ bootId: "boot", uid: null, secretHash: "", target: { kind: "unix", path: "/nowhere" }, askedAt: new Date(0) },
  ...{ graceSeconds: 1, memoryLimitBytes: 1, cgroups: [], runtimeFolder: "/nowhere", temporaryHome: null },
  stoppingSince: null,
};

test("a server that ends while it is looked at is never said to have vanished: how it ended is read by the next look", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-adopt-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const supervisor = spawn("/bin/cat", [], {
    env: bareEnvironment({ [markerVariable]: record.attempt }),
    stdio: ["pipe", "ignore", "ignore"],
  });
  await once(supervisor, "spawn");
  const pid = supervisor.pid ?? 0;
  const ended = once(supervisor, "exit");

  /** Right behind the look at how it ended, the supervisor says so and is gone. */
  class Ending extends ServerFiles {
    override readText(...asked: Parameters<ServerFiles["readText"]>): string | null {
      const text = super.readText(...asked);
      if (asked[0] === "exit" && text === null) {
        writeFileSync(path.join(folder, "exit-1"), "137\n");
        process.kill(pid, "SIGKILL");
        while (readProcess(pid)?.state === "S" || readProcess(pid)?.state === "R");
      }
      return text;
    }
  }
  writeFileSync(path.join(folder, "run-1"), readFileSync(`/proc/${pid}/stat`));
  const files = new Ending(folder);
  const look = () => observationOf(readRun(files, record), false, new Date(0));
  expect(look()).toMatchObject({ kind: "running" });
  await ended;
  expect(look()).toMatchObject({ kind: "exited", failure: { reason: "crashed", exitCode: 137 } });
});
