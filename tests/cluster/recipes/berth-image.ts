import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { buildCluster, cacheDirectory, partFile } from "../build.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const recipes = import.meta.dirname;

export const berthImage = "localhost/berth:1";

/** What the image is made of. The chart isn't in it. */
const inputs = [
  ...["server", "db", "k8s", "app", "public", "package.json", "package-lock.json", "instrumentation.ts"],
  ...["next.config.ts", "postcss.config.mjs", "tests/cluster/recipes/berth-base.sh", "tests/cluster/recipes/oci.py"],
];

/** As the last lines of k8s/image/Dockerfile; `berth-image.test.ts` compares the two. */
export const imageConfig = {
  Env: ["NODE_ENV=production", "BERTH_HOME=/var/lib/berth", "HOME=/var/lib/berth", "PATH=/usr/local/bin"],
  User: "65532:65532",
  WorkingDir: "/opt/berth",
  ExposedPorts: { "8000/tcp": {} },
  Entrypoint: ["/usr/local/bin/berth"],
  Cmd: ["serve"],
};

/** By content: an image that was packed before serves as long as none of it changed. */
function sourcesHash(): string {
  const hash = createHash("sha256");
  const visit = (file: string) => {
    const place = path.join(root, file);
    if (file === "k8s/chart" || file.includes(".test.")) return;
    if (statSync(place).isDirectory()) for (const name of readdirSync(place).sort()) visit(path.join(file, name));
    else hash.update(`${file}\n`).update(readFileSync(place));
  };
  for (const input of inputs) visit(input);
  return hash.digest("hex");
}

/** Packs Berth's image as k8s/image/Dockerfile does, without a Docker engine, and returns its archive. Needs root. */
export async function packBerthImage(print: (line: string) => void = console.error): Promise<string> {
  await buildCluster(cacheDirectory, ["berth-base"], print);
  const archive = path.join(cacheDirectory, "berth.tar");
  const stamp = path.join(cacheDirectory, "berth.sources");
  const hash = sourcesHash();
  if (existsSync(archive) && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return archive;
  print("test cluster: packing Berth's image (about 10 s, and a minute more where Berth isn't built)");
  rmSync(stamp, { force: true });
  // Test files run side by side: each that finds nothing packs for itself, and the last rename holds.
  const work = mkdtempSync(path.join(cacheDirectory, "berth-work-"));
  mkdirSync(path.join(work, "base"));
  const rootFolder = packedRoot(work);
  const out = path.join(work, "out");
  run("python3", [path.join(recipes, "oci.py"), berthImage, rootFolder, out, JSON.stringify(imageConfig)]);
  renameSync(out, archive);
  rmSync(work, { recursive: true, force: true });
  writeFileSync(stamp, hash);
  return archive;
}

function packedRoot(work: string): string {
  const [base, out] = [path.join(work, "base"), path.join(work, "root")];
  run("npm", ["run", "build"]);
  run("tar", ["--numeric-owner", "-C", base, "-xpf", partFile("berth-base")]);
  const node = path.join(root, "node_modules", ".bin", "node");
  run(path.join(root, "k8s", "image", "pack.sh"), [root, node, base, out]);
  return out;
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}.\n${stdout}${stderr}`);
}

if (import.meta.main) console.log(await packBerthImage());
