import { readFileSync, readlinkSync, realpathSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { Clock } from "#server/clock.ts";

/** What a postmaster writes into its data folder (src/include/utils/pidfile.h of PostgreSQL). */
export type Postmaster = { pid: number; socketFolder: string; ready: boolean };

export function parsePostmasterFile(text: string): Postmaster | undefined {
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, socketFolder: lines[4] ?? "", ready: (lines[7] ?? "").trim() === "ready" };
}

export function readPostmasterFile(dataFolder: string): Postmaster | undefined {
  try {
    return parsePostmasterFile(readFileSync(path.join(dataFolder, "postmaster.pid"), "utf8"));
  } catch {
    return undefined;
  }
}

function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[0];
  } catch {
    return undefined;
  }
}

/**
 * Whether process `pid` is a postmaster at work in this data folder. A pid alone proves nothing: after a reboot the
 * number in the file may belong to anybody. A postmaster's working directory is its data folder.
 */
export function isPostmasterOf(pid: number, dataFolder: string): boolean {
  const state = processState(pid);
  if (state === undefined || state === "Z" || state === "X") return false;
  try {
    const command = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return command === "postgres" && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataFolder);
  } catch {
    return false;
  }
}

export function livePostmaster(dataFolder: string): Postmaster | undefined {
  const found = readPostmasterFile(dataFolder);
  return found && isPostmasterOf(found.pid, dataFolder) ? found : undefined;
}

/**
 * Clears the locks of a postmaster that died, where PostgreSQL wouldn't: it refuses when the pid in them now belongs to any
 * other process of the account, and when the file was cut short. A backend that outlived its postmaster is still noticed: the
 * key of its shared memory comes from the data folder's inode (sysv_shmem.c), not from this file.
 */
export function removeStaleLocks(dataFolder: string): void {
  const file = path.join(dataFolder, "postmaster.pid");
  const found = readPostmasterFile(dataFolder);
  if (!found) {
    const stats = statSync(file, { throwIfNoEntry: false });
    // A younger one may be in the writing by a start beside ours.
    if (stats && Date.now() - stats.mtimeMs > 5000) rmSync(file, { force: true });
    return;
  }
  if (processState(found.pid) === undefined) return;
  rmSync(file, { force: true });
  if (path.isAbsolute(found.socketFolder)) rmSync(path.join(found.socketFolder, ".s.PGSQL.5432.lock"), { force: true });
}

async function gone(pid: number, dataFolder: string, clock: Clock, timeoutSeconds: number): Promise<boolean> {
  const end = clock.monotonicMs() + timeoutSeconds * 1000;
  while (isPostmasterOf(pid, dataFolder)) {
    if (clock.monotonicMs() > end) return false;
    await clock.sleep(10);
  }
  return true;
}

/** Fast shutdown (rolls back, writes a checkpoint); the immediate one, which loses nothing committed, if that hangs. */
export async function stopPostmaster(pid: number, dataFolder: string, clock: Clock): Promise<void> {
  for (const [signal, timeoutSeconds] of [
    ["SIGINT", 30],
    ["SIGQUIT", 10],
    ["SIGKILL", 10],
  ] as const) {
    if (!isPostmasterOf(pid, dataFolder)) return;
    process.kill(pid, signal);
    if (await gone(pid, dataFolder, clock, timeoutSeconds)) return;
  }
  throw new Error(`PostgreSQL (process ${pid}) did not end.`);
}
