import { spawnSync } from "node:child_process";
import path from "node:path";
import type { Clock } from "#server/clock.ts";
import type { StopOutcome } from "../spawner.ts";
import { type RunFacts, readRun } from "./adopt.ts";
import { removeCgroups } from "./limits-cgroup.ts";
import { membersOf } from "./members.ts";
import { bootId, isAlive, type ProcessStat, sendSignal } from "./processes.ts";
import type { RunRecord, ServerFiles } from "./records.ts";
import { removeRuntimeFolder } from "./runtime-folder.ts";

/** How long one call waits for what it asked to end; then the caller asks again. */
const patienceMs = 2000;
const lookEveryMs = 20;

type Ending = {
  readonly files: ServerFiles;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/**
 * Ends a run and all its processes, then forgets it. Every line may be the last one a hub does: the next call goes on
 * from what it finds. "gone" is said only when no process of the run is left.
 */
export async function endRun(record: RunRecord, { files, clock, signal }: Ending): Promise<StopOutcome> {
  if (record.bootId !== bootId()) return forget(files, record);
  let stopping = record;
  if (record.stoppingSince === null) {
    stopping = files.markStopping(record, clock.now());
    askToEnd(readRun(files, stopping));
  }
  const until = clock.monotonicMs() + patienceMs;
  while (!isOver(files, stopping, clock.now()) || forget(files, stopping).kind === "stopping") {
    if (clock.monotonicMs() >= until) return { kind: "stopping" };
    await clock.sleep(lookEveryMs, signal);
  }
  return { kind: "gone" };
}

/** SIGTERM once, to the session of the app: a second one means "at once" to some programs. */
function askToEnd(facts: RunFacts): void {
  for (const { pid, session } of membersOf(facts)) if (session === facts.supervisor?.pid) sendSignal(pid, "SIGTERM");
}

function isOver(files: ServerFiles, record: RunRecord, now: Date): boolean {
  const facts = readRun(files, record);
  // A supervisor that began before the order was taken away holds the lock and is about to write down who it is.
  if (facts.supervisor === null) return !isLocked(files);
  const members = membersOf(facts);
  const graceIsOver = now.getTime() >= (record.stoppingSince?.getTime() ?? 0) + record.graceSeconds * 1000;
  const mainIsOver = facts.exitStatus !== null || !facts.supervised || (facts.app !== null && !isAlive(facts.app));
  if (graceIsOver || mainIsOver) killAll(members);
  if (graceIsOver && members.length === 0 && facts.supervised) sendSignal(facts.supervisor.pid, "SIGKILL");
  return members.length === 0 && !facts.supervised;
}

function killAll(members: readonly ProcessStat[]): void {
  for (const member of members) if (isAlive(member)) sendSignal(member.pid, "SIGKILL");
}

function isLocked(files: ServerFiles): boolean {
  const { status } = spawnSync("flock", [
    "--nonblock",
    "--conflict-exit-code",
    "75",
    path.join(files.folder, "lock"),
    "true",
  ]);
  return status === 75;
}

function forget(files: ServerFiles, record: RunRecord): StopOutcome {
  if (!removeCgroups(record.cgroups)) return { kind: "stopping" };
  removeRuntimeFolder(record.runtimeFolder);
  files.remove(record.generation);
  return { kind: "gone" };
}
