import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const root = path.resolve(import.meta.dirname, "..");

let built: Promise<string> | undefined;

/**
 * The program as people run it, built when a source is newer: it starts in a fifth of the time the sources need. Several workers may ask at
 * once; the launcher builds one at a time.
 */
export function builtBerth(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  await promisify(execFile)(process.execPath, [path.join(root, "server", "cli", "launch.mjs"), "--version"], {
    cwd: root,
  });
  return path.join(root, "dist", "berth.mjs");
}
