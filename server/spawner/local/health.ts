import { accessSync, constants } from "node:fs";
import path from "node:path";
import type { HealthCheck, SpawnerHealth } from "../spawner.ts";
import { checkHomeEnterable } from "./home.ts";
import { neededPrograms } from "./launch.ts";
import type { Limits } from "./limits.ts";

export function healthOf(home: string, servers: string, limits: Limits): SpawnerHealth {
  const closed = checkHomeEnterable(home);
  const missing = neededPrograms.filter((program) => !isInstalled(program));
  const checks: HealthCheck[] = [
    {
      name: "programs",
      ok: missing.length === 0,
      message: missing.length === 0 ? "The programs that start servers are there." : `Missing: ${missing.join(", ")}.`,
      fix: missing.length === 0 ? null : "apt install util-linux coreutils",
    },
    { name: "home", ok: closed === null, message: closed ?? "Servers can enter their homes.", fix: closed },
    {
      name: "records",
      ok: isWritable(servers),
      message: isWritable(servers) ? "The records of servers can be written." : `${servers} can't be written.`,
      fix: isWritable(servers) ? null : `Give ${servers} back to the account Berth runs as.`,
    },
    {
      name: "limits",
      ok: true,
      message: limits.note ?? "Memory, CPU and process limits are held by the kernel.",
      fix: null,
    },
  ];
  return { ok: checks.every((check) => check.ok), since: null, checks };
}

function isInstalled(program: string): boolean {
  return ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].some((folder) => can(path.join(folder, program), constants.X_OK));
}

function isWritable(folder: string): boolean {
  return can(folder, constants.W_OK);
}

function can(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
