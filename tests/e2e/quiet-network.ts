import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";

const source = path.join(import.meta.dirname, "no-netlink.c");
const folder = path.resolve(import.meta.dirname, "../../node_modules/.cache/berth");

/** The browser's environment where a cluster on this machine makes interfaces come and go; nothing more where there is no C compiler. */
export function quietNetwork(): Record<string, string> {
  if (process.platform !== "linux") return {};
  const library = path.join(folder, "no-netlink.so");
  if (existsSync(library)) return { LD_PRELOAD: library };
  mkdirSync(folder, { recursive: true });
  const aside = `${library}.${process.pid}`;
  const { status } = spawnSync("gcc", ["-shared", "-fPIC", "-O1", "-o", aside, source, "-ldl"]);
  if (status !== 0) return {};
  renameSync(aside, library);
  return { LD_PRELOAD: library };
}
