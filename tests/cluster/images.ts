import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cacheDirectory } from "./build.ts";
import { stateDirectory } from "./journal.ts";

/** On the containerd of the running test cluster. */
export function ctr(...args: string[]): { status: number | null; stdout: string } {
  const socket = path.join(stateDirectory, "containerd.sock");
  return spawnSync("ctr", ["-a", socket, "-n", "k8s.io", ...args], { encoding: "utf8" });
}

/** Imports an image whose archive changed since it was unpacked; the mark lies beside the unpacked images in the cache. */
export function importImage(image: string, archive: string): void {
  const mark = path.join(cacheDirectory, "containerd", `${path.basename(archive, ".tar")}.imported`);
  const { size, mtimeMs } = statSync(archive);
  const identity = `${size} ${mtimeMs}`;
  const present = ctr("images", "ls", "-q").stdout.split("\n").includes(image);
  if (present && existsSync(mark) && readFileSync(mark, "utf8") === identity) return;
  const { status } = ctr("images", "import", archive);
  if (status !== 0) throw new Error(`containerd couldn't import ${archive}.`);
  writeFileSync(mark, identity);
}

/** The same image under one more name: a new version, as far as the cluster can tell. */
export function tagImage(image: string, name: string): void {
  const { status } = ctr("images", "tag", "--force", image, name);
  if (status !== 0) throw new Error(`containerd couldn't tag ${image} as ${name}.`);
}
