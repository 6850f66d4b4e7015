import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { systemClock } from "#server/clock.ts";

export type RecordedProcess = { pid: number; startTicks: string; command: string[] };

/** Field 22 of /proc/PID/stat: with the pid it names one process, for a pid alone is given again. */
export function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isAlive({ pid, startTicks }: Pick<RecordedProcess, "pid" | "startTicks">): boolean {
  return startTicksOf(pid) === startTicks;
}

/** A process in a session of its own, so that it survives the command that started the cluster. */
export function launch(name: string, command: string[], logFolder: string): RecordedProcess {
  const log = openSync(path.join(logFolder, `${name}.log`), "a");
  const [program = "", ...args] = command;
  // Go collects at twice what lives; memory is plentiful here, cores aren't.
  const env = { GOGC: "400", ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
  const child = spawn(program, args, { detached: true, stdio: ["ignore", log, log], cwd: "/", env });
  closeSync(log);
  child.unref();
  child.on("error", () => undefined);
  const pid = child.pid;
  const startTicks = pid === undefined ? undefined : startTicksOf(pid);
  if (pid === undefined || startTicks === undefined) throw new Error(`${name} didn't start: ${command.join(" ")}`);
  return { pid, startTicks, command };
}

/** Waits until `done` holds, looking every 50 ms; `what` names it when the time is over. */
export async function waitFor(
  what: string,
  timeoutSeconds: number,
  done: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = systemClock.monotonicMs() + timeoutSeconds * 1000;
  while (!(await done())) {
    if (systemClock.monotonicMs() > end) throw new Error(`${what}: not within ${timeoutSeconds} s.`);
    await systemClock.sleep(50);
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

export async function endProcesses(
  processes: RecordedProcess[],
  signals: readonly NodeJS.Signals[] = ["SIGTERM", "SIGKILL"],
): Promise<void> {
  for (const name of signals) {
    const left = processes.filter(isAlive);
    for (const { pid } of left) signal(pid, name);
    await waitFor("processes end", 15, () => !left.some(isAlive)).catch(() => undefined);
  }
  const stubborn = processes.filter(isAlive);
  if (stubborn.length > 0) throw new Error(`Processes ${stubborn.map(({ pid }) => pid).join(", ")} don't end.`);
}

/** containerd's shims: its own children's children, which outlive it. Ours are those that name our socket. */
export function shimsBelow(folder: string): RecordedProcess[] {
  return readdirSync("/proc")
    .map(Number)
    .filter(Number.isInteger)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
        const isShim = path.basename(command[0] ?? "").startsWith("containerd-shim");
        const startTicks = startTicksOf(pid);
        return isShim && startTicks && command.some((word) => word.startsWith(`${folder}/`))
          ? [{ pid, startTicks, command }]
          : [];
      } catch {
        return [];
      }
    });
}
