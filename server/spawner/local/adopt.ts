import { hasVariable, type ProcessStat, parseStat, readProcess, realUidOf } from "./processes.ts";
import type { RunRecord, ServerFiles } from "./records.ts";

/** Variable every process of a run is started with; its value is the record's `attempt`. */
export const markerVariable = "BERTH_RUN";

export type RunIdentity = Pick<ProcessStat, "pid" | "startTime">;

/** What there is of a run, as far as this machine can tell. */
export type RunFacts = {
  readonly record: RunRecord;
  /** The supervisor that was written down; null when none began. */
  readonly supervisor: RunIdentity | null;
  readonly supervised: boolean;
  readonly app: RunIdentity | null;
  readonly exitStatus: number | null;
  readonly endedForMemory: boolean;
};

export function runIdOf({ record, supervisor }: RunFacts): string {
  return supervisor === null ? `asked-${record.attempt}` : `${supervisor.pid}-${supervisor.startTime}`;
}

/**
 * Reads a run that this or an earlier hub asked for. It is ours only when the pid, its start time, its account and the
 * marker nobody else knows all match: a pid alone may belong to a stranger by now.
 */
export function readRun(files: ServerFiles, record: RunRecord): RunFacts {
  const { generation } = record;
  const supervisor = identityIn(files.readText("run", generation));
  // First whether it lives, then what it wrote: it says how the server ended before it goes itself.
  const supervised = supervisor !== null && isOurs(supervisor, record.attempt);
  const exit = files.readText("exit", generation);
  return {
    record,
    supervisor,
    supervised,
    app: identityIn(files.readText("app", generation)),
    exitStatus: exit === null || !/^\d+\s*$/.test(exit) ? null : Number(exit),
    endedForMemory: files.readText("oom", generation) !== null,
  };
}

export function isOurs(seen: RunIdentity, attempt: string): boolean {
  return (
    readProcess(seen.pid)?.startTime === seen.startTime &&
    realUidOf(seen.pid) === process.getuid?.() &&
    hasVariable(seen.pid, markerVariable, attempt)
  );
}

function identityIn(line: string | null): RunIdentity | null {
  const stat = line === null ? null : parseStat(line);
  return stat === null ? null : { pid: stat.pid, startTime: stat.startTime };
}
