import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { bareEnvironment } from "#server/spawner/local/processes.ts";
import { findPython, isOpenToAll, requireVenv } from "./python.ts";
import { sendPipHome } from "./user-packages.ts";

/** What a new environment gets. A changed list means a new environment. */
const packages = ["jupyterlab>=4.4,<5", "ipykernel>=6.29,<8"] as const;

export type JupyterOptions = {
  readonly home: string;
  /** `spawner.jupyter` of the configuration: used as it is. */
  readonly configured: string | null;
  readonly python?: string;
  readonly report: (step: string) => void;
};

export type Jupyter = { readonly jupyter: string; readonly reused: boolean };

/** The `jupyter` command of local servers: the configured one, or that of a virtual environment in the home, made the first time. */
export async function ensureJupyter({ home, configured, python: wanted, report }: JupyterOptions): Promise<Jupyter> {
  if (configured !== null) return { jupyter: requireConfigured(configured), reused: true };
  const folder = path.join(home, "venv");
  const jupyter = path.join(folder, "bin", "jupyter");
  const reused = existsSync(jupyter) && stampOf(folder) === wantedStamp();
  if (!reused) {
    const python = findPython(wanted);
    await requireVenv(python);
    await makeEnvironment(python, folder, report);
  }
  sendPipHome(folder);
  return { jupyter, reused };
}

function requireConfigured(configured: string): string {
  if (path.isAbsolute(configured) && !existsSync(configured))
    throw new Error(
      `spawner.jupyter is ${configured}, which does not exist. Correct it, or leave it out to get one made.`,
    );
  if (path.isAbsolute(configured) && process.getuid?.() === 0 && !isOpenToAll(configured))
    throw new Error(
      `Servers run under accounts of their own, which can't reach ${configured}. Move it, or leave spawner.jupyter out.`,
    );
  return configured;
}

/**
 * Scripts in an environment carry its path, so it is made in its place; its stamp, written last, says that it is whole.
 * Without one, what is there was cut short and is made anew.
 */
async function makeEnvironment(python: string, folder: string, report: (step: string) => void): Promise<void> {
  report(`Making a virtual environment for JupyterLab in ${folder}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await runStep(python, ["-m", "venv", folder], report);
  report("Installing JupyterLab from PyPI: about a minute, the first time only");
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar=off"];
  await runStep(path.join(folder, "bin", "python"), [...pip, ...packages], report);
  await writeFile(stampFile(folder), wantedStamp());
  report("JupyterLab is installed");
}

/** Where pip finds packages and how it gets there is the machine's business; the rest of the hub's environment stays here. */
function pipEnvironment(): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined &&
    /^(PATH|HOME|TMPDIR|PIP_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy)$/i.test(name)
      ? [[name, value] as const]
      : [],
  );
  return bareEnvironment({ ...Object.fromEntries(passed), LANG: "C.UTF-8" });
}

const keptLines = 12;

async function runStep(program: string, args: readonly string[], report: (step: string) => void): Promise<void> {
  // World-readable whatever umask the hub has: servers of other accounts run what is installed here.
  const command = ["-c", 'umask 022; exec "$@"', "sh", program, ...args];
  const child = spawn("/bin/sh", command, { env: pipEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
  const last: string[] = [];
  const note = (line: string) => {
    last.push(line);
    if (last.length > keptLines) last.shift();
    const step = progressOf(line);
    if (step !== null) report(step);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", note);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return;
  throw new Error(
    `JupyterLab could not be installed (${path.basename(program)} ended with ${code ?? "a signal"}). Check that this machine reaches PyPI, or set spawner.jupyter to a jupyter of your own. The last lines were:\n${last.join("\n")}`,
  );
}

/** Of pip's many lines, those that tell a person how far it is. */
export function progressOf(line: string): string | null {
  const collecting = /^Collecting ([A-Za-z0-9._-]+)/.exec(line)?.[1];
  if (collecting !== undefined) return `Fetching ${collecting}`;
  return line.startsWith("Installing collected packages") ? "Unpacking the packages" : null;
}

function stampFile(folder: string): string {
  return path.join(folder, "berth-stamp");
}

function stampOf(folder: string): string | null {
  return existsSync(stampFile(folder)) ? readFileSync(stampFile(folder), "utf8") : null;
}

function wantedStamp(): string {
  return createHash("sha256").update(packages.join("\n")).digest("hex");
}
