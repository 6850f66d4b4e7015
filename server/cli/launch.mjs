// `npm start` and `npm run berth`: plain JavaScript without a dependency, because it runs before there are any, on
// whatever Node the machine has. It brings what is missing, then hands over to Berth on Node 24.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const [command = "serve", ...rest] = process.argv.slice(2);
const serving = command === "serve";
/** Lines of a tool that failed which are shown: enough to hold its reason. */
const shownLines = 60;

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
  if (serving) requirePython();
  await installPackages();
  const node = findNode();
  const serverReused = await buildServer(node);
  if (serving && !serverReused) requireConfig(node);
  const webReused = serving || command === "build" ? await buildWeb(node) : true;
  if (command === "build") return;
  run(node, [path.join(root, "dist", "berth.mjs"), command, ...rest], serverReused && webReused);
}

/**
 * The default backend makes a virtual environment. Berth looks for Python again and more closely; this is to say so before
 * minutes of installing. With any configuration it may not be needed at all.
 */
function requirePython() {
  const home = flag("--home") ?? process.env.BERTH_HOME ?? (process.getuid?.() === 0 ? "/var/lib/berth" : ".berth");
  const configured = [flag("--config"), flag("--role"), process.env.BERTH_CONFIG, process.env.BERTH_SPAWNER_TYPE];
  const files = [path.join(callerFolder(), "berth.yaml"), path.join(path.resolve(callerFolder(), home), "berth.yaml")];
  if (configured.some((value) => value) || files.some((file) => existsSync(file))) return;
  const venvWorks = (python) => spawnSync(python, ["-c", "import venv, ensurepip"], { stdio: "ignore" }).status === 0;
  if (venvWorks("/usr/bin/python3") || venvWorks("python3")) return;
  throw new Error(
    "Python 3 with venv is missing; JupyterLab is installed with it. Debian/Ubuntu: apt install python3 python3-venv",
  );
}

/** A mistake in the configuration is said before minutes of building the web app. */
function requireConfig(node) {
  const flags = ["--config", "--home"].flatMap((name) => (flag(name) === undefined ? [] : [name, flag(name)]));
  const args = [path.join(root, "dist", "berth.mjs"), "config", "validate", ...flags];
  const { status } = spawnSync(node, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
}

function flag(name) {
  const at = rest.findIndex((word) => word === name || word.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return rest[at] === name ? rest[at + 1] : rest[at].slice(name.length + 1);
}

/** npm runs scripts in the project's folder and says where it was called. */
function callerFolder() {
  return process.env.INIT_CWD ?? process.cwd();
}

async function installPackages() {
  if (packagesFit()) return;
  // Not `npm ci`: it refuses a lock file that lacks the packages of other platforms, which a registry may not offer.
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const { code, missing, output } = await step("Installing the npm packages", "npm", args);
  if (missing) throw new Error("npm was not found. Debian/Ubuntu: apt install npm");
  if (code !== 0)
    throw new Error(`${output}\nnpm could not install the packages. Check the network, then start again.`);
}

/** Whether what is installed is what the lock file names; npm keeps its own list of that. */
function packagesFit() {
  const installed = packagesIn(path.join(root, "node_modules", ".package-lock.json"));
  if (installed === null) return false;
  const wanted = packagesIn(path.join(root, "package-lock.json")) ?? {};
  return Object.entries(wanted).every(([name, { version, optional }]) => {
    const found = installed[name];
    return name === "" || (found === undefined ? optional === true : found.version === version);
  });
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? null;
  } catch {
    // Missing, or cut short by a crash: either way npm has to look.
    return null;
  }
}

/** Node 24 from npm where there is one for this machine, else the one that runs now if it is new enough. */
function findNode() {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const brought = path.join(root, "node_modules", `node-linux-${arch}`, "bin", "node");
  if (process.platform === "linux" && existsSync(brought)) return brought;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new Error(
    `Berth runs on Node 22.18 or newer; this is ${process.versions.node}, and npm brought none for this machine. Install Node 24, then start again.`,
  );
}

const bundler = path.join(root, "server", "cli", "bundle.mjs");

/** True when what was built before still fits the sources. */
async function buildServer(node) {
  const inputs = ["server", "db", "k8s", "package.json"];
  return await buildOnce("server", inputs, path.join(root, "dist", "berth.mjs"), async () => {
    requireSuccess(await step("Building the server", node, [bundler, "server"]), "The server could not be built.");
  });
}

async function buildWeb(node) {
  const inputs = [
    "app",
    "public",
    "server",
    "instrumentation.ts",
    "next.config.ts",
    "postcss.config.mjs",
    "package.json",
  ];
  return await buildOnce("web", inputs, path.join(root, ".next", "standalone", "web.mjs"), async () => {
    const next = path.join(root, "node_modules", "next", "dist", "bin", "next");
    const environment = { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
    const built = await step("Building the web app", node, [next, "build"], environment);
    requireSuccess(built, "The web app could not be built.");
    requireSuccess(await step("Packing the web app", node, [bundler, "web"]), "The web app could not be packed.");
  });
}

async function buildOnce(name, inputs, output, make) {
  const stamp = path.join(root, "dist", `${name}.stamp`);
  const wanted = fingerprint(inputs);
  const fits = () => existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (fits()) return true;
  await oneAtATime(async () => {
    if (fits()) return;
    await make();
    writeFileSync(stamp, wanted);
  });
  return false;
}

/** Two starts in one checkout would build into the same folder. A lock whose holder is gone counts for nothing. */
async function oneAtATime(work) {
  const lock = path.join(root, "dist", "build.lock");
  mkdirSync(path.dirname(lock), { recursive: true });
  while (!takeLock(lock)) await new Promise((resolve) => setTimeout(resolve, 200));
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
  } catch (error) {
    // Somebody else's process (EPERM) lives; a lock that went meanwhile (ENOENT) is for the next try.
    if (error.code === "ESRCH") rmSync(lock, { force: true });
  }
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

function requireSuccess({ code, output }, what) {
  if (code !== 0) throw new Error(`${output}\n${what}`);
}

/** Runs a tool, tells how long it has been at it, and keeps what it prints for when it fails. */
async function step(title, program, args, environment = {}) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const live = process.stderr.isTTY === true;
  process.stderr.write(live ? `- ${title} …` : `- ${title}\n`);
  const show = live
    ? () => process.stderr.write(`\r- ${title} … ${seconds()} s`)
    : () => process.stderr.write(`  … ${seconds()} s\n`);
  const timer = setInterval(show, live ? 1000 : 15_000);
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const { code, missing } = await new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, missing: error.code === "ENOENT" }));
    child.once("close", (status) => resolve({ code: status ?? 1, missing: false }));
  });
  clearInterval(timer);
  if (live) process.stderr.write(`\r- ${title}: ${code === 0 ? `done in ${seconds()} s` : "failed"}    \n`);
  return { code, missing, output: output.trimEnd().split("\n").slice(-shownLines).join("\n") };
}

/**
 * Berth gets every signal this process gets; at a terminal it hears Ctrl-C itself as well, and counts one. Should this process be
 * killed outright, the pipe between the two closes and Berth ends as on SIGTERM instead of staying behind unseen.
 */
function run(node, args, reused) {
  const child = spawn(node, ["--enable-source-maps", ...args], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: { ...process.env, BERTH_INTERNAL_LAUNCHER: "fd3", BERTH_REUSED_BUILD: reused ? "1" : "" },
  });
  // Ends with an error when Berth ended first; the exit below is what counts.
  child.stdio[3]?.on("error", () => {});
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    process.stderr.write(`Berth could not be started with ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
