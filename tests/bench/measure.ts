import { readFileSync } from "node:fs";

/** What every part of the benchmark hands back: one line of the table. */
export type Row = {
  readonly part: string;
  readonly what: string;
  readonly value: string;
  /** What the project promises; `null` for a figure that only explains another. */
  readonly mark: string | null;
  readonly met: boolean | null;
};

/** USER_HZ: what the fields of /proc/PID/stat count in, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU time of a process and all its threads, in microseconds. Steps of 10 ms: measure a second or more of it. */
export function cpuMicroseconds(pid: number): number {
  const fields = statFields(pid);
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

/** CPU time of a process and of those it started that still run or have ended. */
export function cpuMicrosecondsOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const ended = statFields(pid).slice(13, 15).map(Number);
  const own = cpuMicroseconds(pid) + ended.reduce((sum, ticks) => sum + (ticks * 1_000_000) / ticksPerSecond, 0);
  return children === ""
    ? own
    : children.split(" ").reduce((sum, child) => sum + cpuMicrosecondsOfTree(Number(child)), own);
}

function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name is in brackets and may hold anything, so fields are counted behind the last one.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Resident memory without what is shared with other processes counted twice (Pss). */
export function memoryBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) * 1024;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function atMost(part: string, what: string, value: number, unit: string, mark: number, more = ""): Row {
  const shown = `${digits(value)}${unit}${more === "" ? "" : ` (${more})`}`;
  return { part, what, value: shown, mark: `≤ ${mark}${unit}`, met: value <= mark };
}

export function atLeast(part: string, what: string, value: number, unit: string, mark: number, more = ""): Row {
  const shown = `${digits(value)}${unit}${more === "" ? "" : ` (${more})`}`;
  return { part, what, value: shown, mark: `≥ ${mark}${unit}`, met: value >= mark };
}

export function figure(part: string, what: string, value: number, unit: string): Row {
  return { part, what, value: `${digits(value)}${unit}`, mark: null, met: null };
}

export function digits(value: number): string {
  if (!Number.isFinite(value)) return "no value";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
