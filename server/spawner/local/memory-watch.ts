import { writeFileSync } from "node:fs";
import type { RunFacts } from "./adopt.ts";
import { membersOf } from "./members.ts";
import { proportionalBytes, sendSignal } from "./processes.ts";
import type { ServerFiles } from "./records.ts";

/**
 * Where no cgroup counts: adds up what a server's processes use, and ends them when it is more than their limit. The
 * reason is written down first, so that it is known whoever sees the end.
 */
export function holdMemory(files: ServerFiles, facts: RunFacts): void {
  const { record } = facts;
  if (record.cgroups.length > 0 || !facts.supervised || facts.exitStatus !== null) return;
  const members = membersOf(facts);
  const bytes = members.reduce((sum, { pid }) => sum + proportionalBytes(pid), 0);
  if (bytes <= record.memoryLimitBytes) return;
  writeFileSync(files.path("oom", record.generation), String(bytes), { mode: 0o600 });
  for (const { pid } of members) sendSignal(pid, "SIGKILL");
}
