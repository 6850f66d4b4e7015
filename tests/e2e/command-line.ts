import { execFileSync } from "node:child_process";
import path from "node:path";
import type { RunningBerth } from "./berth.ts";

const program = path.resolve(import.meta.dirname, "../../dist/berth.mjs");

/** Runs `berth …` against a running installation, over the socket in its home. */
export function runBerth(berth: RunningBerth, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [program, "--home", berth.home, ...args], { encoding: "utf8" });
}

/** Adds a user; the answer holds the password that was made up. */
export function addUser(berth: RunningBerth, name: string): string {
  return (JSON.parse(runBerth(berth, "-o", "json", "user", "add", name)) as { password: string }).password;
}
