import { mkdtempSync, rmSync } from "node:fs";
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

/** A folder for the run's database. No server starts here: tests without one shouldn't pay for it. */
export default function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-test-sql-"));
  project.provide("databaseFolder", folder);
  return async () => {
    const data = path.join(folder, "data");
    const postmaster = livePostmaster(data);
    if (postmaster) await stopPostmaster(postmaster.pid, data, systemClock);
    rmSync(folder, { recursive: true, force: true });
  };
}
