// `npm start` and `npm run berth`: plain JavaScript without a dependency, because it runs before there are any, on
// whatever Node the machine has. It brings what is missing, then hands over to Berth on Node 24.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const [command = "serve", ...rest] = process.argv.slice(2);

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});

async function main() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20)
    throw new Error(
      `Berth's start needs Node 20 or newer; this is ${process.versions.node}. Debian/Ubuntu: apt install nodejs npm`,
    );
  installPackages();
  const node = findNode();
  const isServing = command === "serve";
  if (isServing) nameMissingPrograms();
  const reused = build(node, isServing || command === "build");
  if (command === "build") return;
  run(node, [path.join(root, "dist", "berth.mjs"), command, ...rest], { BERTH_REUSED_BUILD: reused ? "1" : "" });
}

function step(text) {
  process.stderr.write(`- ${text}\n`);
}

function installPackages() {
  const marker = path.join(root, "node_modules", ".package-lock.json");
  const lock = path.join(root, "package-lock.json");
  const fresh = existsSync(marker) && existsSync(lock) && statSync(marker).mtimeMs >= statSync(lock).mtimeMs - 1000;
  if (fresh) return;
  step("Installing the npm packages (about a minute, once)");
  // Not `npm ci`: it refuses a lock file that lacks the packages of other platforms, which a registry may not offer.
  const done = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (done.error) throw new Error("npm was not found. Debian/Ubuntu: apt install npm");
  if (done.status !== 0)
    throw new Error(
      "npm could not install the packages; what it said stands above. Check the network, then start again.",
    );
}

/** Node 24 from npm where there is one for this machine, else the one that runs now if it is new enough. */
function findNode() {
  const require = createRequire(path.join(root, "package.json"));
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  for (const folder of process.platform === "linux" ? [`node-linux-${arch}`] : []) {
    try {
      const file = path.join(path.dirname(require.resolve(`${folder}/package.json`)), "bin", "node");
      if (existsSync(file)) return file;
    } catch {
      // Not installed for this machine: the running Node decides below.
    }
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new Error(
    `Berth runs on Node 22.18 or newer; this is ${process.versions.node}, and npm brought none for this machine. Install Node 24, then start again.`,
  );
}

function nameMissingPrograms() {
  const missing = [["python3", "python3"]].filter(
    ([program]) => spawnSync(program, ["--version"], { stdio: "ignore" }).error,
  );
  if (missing.length > 0)
    throw new Error(
      `Missing on this machine: ${missing.map(([p]) => p).join(", ")}. Debian/Ubuntu: apt install python3 python3-venv`,
    );
}

/** True when what was built before still fits the sources. The web app is needed for serving alone. */
function build(node, withWeb) {
  const serverDone = buildOnce(
    "server",
    ["server", "db", "k8s", "package.json"],
    path.join(root, "dist", "berth.mjs"),
    () => {
      step("Building the server");
      check(
        spawnSync(node, [path.join(root, "server", "cli", "bundle.mjs"), "server"], { cwd: root, stdio: ["ignore", 2, 2] }),
        "The server could not be built",
      );
    },
  );
  if (!withWeb) return serverDone;
  const inputs = ["app", "public", "server", "next.config.ts", "postcss.config.mjs", "package.json"];
  const webDone = buildOnce("web", inputs, path.join(root, ".next", "standalone", "web.mjs"), () => {
    step("Building the web app (about a minute, once)");
    const next = path.join(root, "node_modules", "next", "dist", "bin", "next");
    const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
    const options = { cwd: root, stdio: ["ignore", 2, 2], env: environment };
    check(spawnSync(node, [next, "build"], options), "The web app could not be built");
    const bundle = path.join(root, "server", "cli", "bundle.mjs");
    check(spawnSync(node, [bundle, "web"], options), "The web app could not be packed");
  });
  return serverDone && webDone;
}

function check(result, what) {
  if (result.status !== 0) throw new Error(`${what}; what the compiler said stands above.`);
}

function buildOnce(name, inputs, output, make) {
  const stamp = path.join(root, "dist", `${name}.stamp`);
  const wanted = fingerprint(inputs);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return true;
  make();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
  return false;
}

/** Names, sizes and times: enough to notice an edit or a pull, and done in milliseconds. */
function fingerprint(inputs) {
  const hash = createHash("sha256");
  const visit = (file) => {
    const info = statSync(file, { throwIfNoEntry: false });
    if (info === undefined) return;
    if (info.isDirectory()) for (const name of readdirSync(file).sort()) visit(path.join(file, name));
    else if (!file.includes(".test.")) hash.update(`${path.relative(root, file)} ${info.size} ${info.mtimeMs}\n`);
  };
  for (const input of inputs) visit(path.join(root, input));
  return hash.digest("hex");
}

/** Ctrl-C reaches the whole terminal's group, so the child hears it by itself: this process only waits for it to end. */
function run(node, args, environment) {
  const child = spawn(node, ["--enable-source-maps", ...args], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
