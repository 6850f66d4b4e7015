import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
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

/** A folder for the run's database. No server starts here: tests without one shouldn't pay for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // For every process a test starts: Berth's own source is stripped of its types and compiled once a change, not once a process.
  process.env.NODE_COMPILE_CACHE ??= path.resolve("node_modules/.cache/compiled");
  await sweep();
  const folder = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
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
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? /^\d+(?=-)/.exec(name.slice(prefix.length))?.[0] : undefined;
    if (pid && !existsSync(`/proc/${pid}`)) await remove(path.join(tmpdir(), name));
  }
}
