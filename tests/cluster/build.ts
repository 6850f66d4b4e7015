import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const recipes = fileURLToPath(new URL("./recipes", import.meta.url));

type Part = { file: string; sources: readonly string[]; minutes: number };

/** What a part is made of: when one of its sources changes, it alone is built again. */
const parts = {
  kube: { file: "kube", sources: ["kube.sh", "main.go"], minutes: 10 },
  "local-path-provisioner": { file: "local-path-provisioner", sources: ["local-path-provisioner.sh"], minutes: 2 },
  pause: { file: "pause.tar", sources: ["pause.sh", "pause.c", "oci.py"], minutes: 1 },
  singleuser: { file: "singleuser.tar", sources: ["singleuser.sh", "oci.py"], minutes: 3 },
  kwok: { file: "kwok", sources: ["kwok.sh"], minutes: 2 },
  helm: { file: "helm", sources: ["helm.sh"], minutes: 2 },
  openapi: { file: "openapi.json", sources: ["openapi.sh"], minutes: 1 },
  "kube-score": { file: "kube-score", sources: ["kube-score.sh"], minutes: 1 },
  promtool: { file: "promtool", sources: ["promtool.sh"], minutes: 3 },
  "singleuser-r": { file: "singleuser-r.tar", sources: ["singleuser-r.sh", "singleuser.sh", "oci.py"], minutes: 3 },
  "berth-base": { file: "berth-base.tar", sources: ["berth-base.sh"], minutes: 2 },
  postgres: {
    file: "postgres.tar",
    sources: ["postgres.sh", "postgres-entry.sh", "berth-base.sh", "oci.py"],
    minutes: 1,
  },
  cyclonus: { file: "cyclonus", sources: ["cyclonus.sh"], minutes: 3 },
} as const satisfies Record<string, Part>;
export type PartName = keyof typeof parts;

/** What every cluster needs; kwok (fake nodes), helm, kube-score (hardening), promtool (alert rules), cyclonus (network policies) and images for Berth in pods are for who asks. */
export const clusterParts: readonly PartName[] = ["kube", "local-path-provisioner", "pause", "singleuser"];

/** By command, not by package: on a machine with Docker, Debian's containerd would push Docker's own out. */
const tools: Readonly<Record<string, string>> = {
  containerd: "containerd",
  runc: "runc",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  iptables: "iptables",
  ipset: "ipset",
  conntrack: "conntrack",
  socat: "socat",
  iproute2: "ip",
  debootstrap: "debootstrap",
  gcc: "gcc",
  "libc6-dev": "/usr/include/stdlib.h",
  openssl: "openssl",
  python3: "python3",
};

export const cacheDirectory = process.env.BERTH_TEST_CLUSTER_CACHE ?? "/var/cache/berth-testcluster";

export function partFile(name: PartName, cache = cacheDirectory): string {
  return path.join(cache, parts[name].file);
}

export function recipeHash(name: PartName): string {
  const hash = createHash("sha256");
  for (const source of parts[name].sources) hash.update(readFileSync(path.join(recipes, source)));
  return hash.digest("hex");
}

/** One stamp a part, written after it: a build that was interrupted has none. */
export function stampFile(name: PartName, cache = cacheDirectory): string {
  return path.join(cache, `${name}.recipe`);
}

function isBuilt(name: PartName, cache: string): boolean {
  const stamp = stampFile(name, cache);
  return existsSync(partFile(name, cache)) && existsSync(stamp) && readFileSync(stamp, "utf8") === recipeHash(name);
}

/** Builds what is missing or whose recipe changed; minutes the first time, nothing afterwards. Needs Linux, root and Go. */
export async function buildCluster(
  cache = cacheDirectory,
  wanted: readonly PartName[] = clusterParts,
  print: (line: string) => void = console.error,
): Promise<void> {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new Error("The test cluster needs Linux and root.");
  installPackages(print);
  mkdirSync(cache, { recursive: true });
  const missing = wanted.filter((name) => !isBuilt(name, cache));
  if (missing.length > 0) requireGo();
  for (const name of missing) {
    print(`test cluster: building ${name} (about ${parts[name].minutes} min on two cores)`);
    await buildPart(name, cache, print);
  }
}

/** From 1.21 on, Go fetches by itself the newer toolchain that a module asks for. */
function requireGo(): void {
  const { stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const [, minor] = /^go1\.(\d+)/.exec(stdout ?? "") ?? [];
  if (Number(minor ?? 0) < 21) throw new Error("Building the test cluster needs Go, 1.21 or newer, on the PATH.");
}

async function buildPart(name: PartName, cache: string, print: (line: string) => void): Promise<void> {
  const started = performance.now();
  const work = path.join(cache, `${name}.work`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const out = path.join(work, "out");
  await runPrinting("bash", [path.join(recipes, `${name}.sh`), out, work], (line) => print(`  ${name}: ${line}`));
  renameSync(out, partFile(name, cache));
  writeFileSync(stampFile(name, cache), recipeHash(name));
  rmSync(work, { recursive: true, force: true });
  print(`test cluster: built ${name} in ${Math.round((performance.now() - started) / 1000)} s`);
}

function runPrinting(command: string, args: string[], print: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", print);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}.`));
    });
  });
}

function installPackages(print: (line: string) => void): void {
  const folders = ["", ...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  const missing = Object.entries(tools)
    .filter(([, tool]) => !folders.some((folder) => existsSync(path.join(folder, tool))))
    .map(([name]) => name);
  if (missing.length === 0) return;
  print(`test cluster: installing ${missing.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...missing],
  ]) {
    const { status } = spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env });
    if (status !== 0) throw new Error(`apt-get ${args[0]} failed; install ${missing.join(" ")} yourself.`);
  }
}

if (import.meta.main) await buildCluster();
