import { readdirSync, readFileSync } from "node:fs";

/** One process as /proc/PID/stat tells it (proc_pid_stat(5)); pid and start time together are never used twice in one boot. */
export type ProcessStat = {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  /** Field 22, in clock ticks since the boot; kept as text, it is only compared. */
  readonly startTime: string;
};

export function parseStat(line: string): ProcessStat | null {
  // The name stands in parentheses and may hold any character, so the fields are counted from the last one.
  const nameEnd = line.lastIndexOf(")");
  const pid = Number(line.slice(0, line.indexOf(" ")));
  const [state, parent, , session, ...rest] = line.slice(nameEnd + 2).split(" ");
  const startTime = rest[15];
  if (nameEnd < 0 || !Number.isInteger(pid) || !state || !startTime) return null;
  return { pid, state, parent: Number(parent), session: Number(session), startTime: startTime.trim() };
}

/** Null when there is no such process, or none that still runs: a zombie only waits to be collected. */
export function readProcess(pid: number): ProcessStat | null {
  const line = readProcFile(pid, "stat");
  const stat = line === null ? null : parseStat(line);
  return stat === null || stat.state === "Z" || stat.state === "X" ? null : stat;
}

/** Whether the very process that was seen earlier still runs. */
export function isAlive(seen: Pick<ProcessStat, "pid" | "startTime">): boolean {
  return readProcess(seen.pid)?.startTime === seen.startTime;
}

export function listProcesses(): ProcessStat[] {
  return readdirSync("/proc").flatMap((name) => {
    const stat = /^\d+$/.test(name) ? readProcess(Number(name)) : null;
    return stat === null ? [] : [stat];
  });
}

export function realUidOf(pid: number): number | null {
  const uid = /^Uid:\s+(\d+)/m.exec(readProcFile(pid, "status") ?? "")?.[1];
  return uid === undefined ? null : Number(uid);
}

/** Whether the process was started with this variable; false too when its environment isn't ours to read. */
export function hasVariable(pid: number, name: string, value: string): boolean {
  return (readProcFile(pid, "environ") ?? "").split("\0").includes(`${name}=${value}`);
}

/** Memory of its own plus its share of what it has in common with others, in bytes. */
export function proportionalBytes(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(readProcFile(pid, "smaps_rollup") ?? "")?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}

/** Exactly these variables. (next's types ask for a NODE_ENV in every environment; a user's shell must not get ours.) */
export function bareEnvironment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.assign(Object.create(null), variables);
}

export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** False when it had ended already. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function readProcFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    // It ended meanwhile, or belongs to somebody whose processes we may not read.
    return null;
  }
}
