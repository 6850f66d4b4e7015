import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { systemClock } from "#server/clock.ts";
import { livePostmaster, stopPostmaster } from "#server/embedded/postmaster.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where this run's PostgreSQL lives once a test has asked for one. */
    databaseFolder: string | undefined;
  }
}

const prefix = "berth-test-sql-";
/** A thousand databases are made and dropped in a run: in memory that takes a third of the time, and always the same. */
const inMemory = "/dev/shm";
const neededBytes = 2 * 1024 ** 3;

/** A folder for the run's database. No server starts here: tests without one shouldn't pay for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // For every process a test starts: Berth's own source is stripped of its types and compiled once a change, not once a process.
  process.env.NODE_COMPILE_CACHE ??= path.resolve("node_modules/.cache/compiled");
  await sweep();
  const parent = isRoomyInMemory() ? inMemory : tmpdir();
  const folder = mkdtempSync(path.join(parent, `${prefix}${process.pid}-`));
  project.provide("databaseFolder", folder);
  return () => remove(folder);
}

async function remove(folder: string): Promise<void> {
  const data = path.join(folder, "data");
  const postmaster = livePostmaster(data);
  if (postmaster) await stopPostmaster(postmaster.pid, data, systemClock);
  rmSync(folder, { recursive: true, force: true });
}

/** Runs that were killed couldn't clean up: their folder names their process. */
async function sweep(): Promise<void> {
  for (const parent of [tmpdir(), inMemory].filter(existsSync))
    for (const name of readdirSync(parent)) {
      const pid = name.startsWith(prefix) ? /^\d+(?=-)/.exec(name.slice(prefix.length))?.[0] : undefined;
      if (pid && !existsSync(`/proc/${pid}`)) await remove(path.join(parent, name));
    }
}

function isRoomyInMemory(): boolean {
  try {
    accessSync(inMemory, constants.W_OK);
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize > neededBytes;
  } catch {
    return false;
  }
}
