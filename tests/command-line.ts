import { spawn } from "node:child_process";
import path from "node:path";
import { builtBerth } from "#tests/built-berth.ts";

const root = path.resolve(import.meta.dirname, "..");

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs one `berth` command as a person does, in a process of its own, and waits for its end. */
export async function runBerth(
  args: readonly string[],
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly folder?: string;
    readonly input?: string;
  } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [await builtBerth(), ...args], {
    cwd: options.folder ?? root,
    stdio: ["pipe", "pipe", "pipe"],
    env: { NODE_ENV: "production", PATH: process.env.PATH ?? "", ...options.environment },
  });
  // A command that asks for nothing may have ended before it could read this.
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? -1));
  });
  return { code, out, err };
}
