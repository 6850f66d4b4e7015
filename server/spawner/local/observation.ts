import type { Observation, SpawnFailure } from "../spawner.ts";
import { type RunFacts, runIdOf } from "./adopt.ts";
import { crashed, outOfMemory, vanished } from "./failures.ts";

/** What the facts mean. `outgrown`: the kernel ended a process of this run for its memory. */
export function observationOf(facts: RunFacts, outgrown: boolean, exitedAt: Date): Observation {
  const { record, exitStatus } = facts;
  const runId = runIdOf(facts);
  if (record.stoppingSince !== null) return { kind: "stopping", runId };
  if (exitStatus !== null || (facts.supervisor !== null && !facts.supervised))
    return { kind: "exited", runId, failure: failureOf(facts, outgrown), at: exitedAt, startedAt: record.askedAt };
  if (facts.supervisor === null)
    return { kind: "waiting", runId, phase: "starting", detail: "The server's process is being started." };
  return { kind: "running", runId, target: record.target, since: record.askedAt };
}

const killed = 128 + 9;

/** A process the kernel ends for its memory dies of SIGKILL; one that merely had a child ended so goes on. */
function failureOf({ record, exitStatus, endedForMemory }: RunFacts, outgrown: boolean): SpawnFailure {
  if (endedForMemory || (outgrown && exitStatus === killed)) return outOfMemory(record.memoryLimitBytes, exitStatus);
  return exitStatus === null ? vanished() : crashed(exitStatus);
}
