import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { outsideTests, settle, type Tally, tallyPlaywright, tallyVitest } from "./tally.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const browserConfig = path.join(project, "tests/e2e/playwright.config.ts");

const running = new Set<ChildProcess>();

/** Passes a signal on to the runners at work. */
export function interrupt(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

export type RunOptions = {
  /** A test that was skipped proved nothing. */
  readonly strict: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** `afterwards`: two runners work side by side, and a person reads one after the other. */
  readonly output?: "now" | "afterwards";
  /** Only these, one after the other; else all. */
  readonly files?: readonly string[];
};

function end(child: ChildProcess): Promise<number> {
  running.add(child);
  return new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (code) => resolve(code ?? 1));
  }).finally(() => running.delete(child));
}

async function run(command: string, args: string[], { env, output }: RunOptions, folder: string): Promise<number> {
  // Not by its own first line, which would take whatever Node the PATH has.
  const words = [path.join(project, "node_modules/.bin", command), ...args];
  const options = { cwd: project, env: { ...process.env, ...env } };
  if (output !== "afterwards") return await end(spawn(process.execPath, words, { ...options, stdio: "inherit" }));
  const file = path.join(folder, "output.txt");
  const written = openSync(file, "w");
  const code = await end(spawn(process.execPath, words, { ...options, stdio: ["ignore", written, written] }));
  closeSync(written);
  process.stdout.write(`\n${readFileSync(file, "utf8")}`);
  return code;
}

/** `work` is given a folder of its own and the place where the runner writes its JSON; without one it crashed. */
async function counted<T>(
  { strict }: RunOptions,
  tally: (report: T) => Tally,
  work: (report: string, folder: string) => Promise<number>,
): Promise<Tally> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-report-"));
  const report = path.join(folder, "report.json");
  try {
    const exitCode = await work(report, folder);
    const found = existsSync(report)
      ? tally(JSON.parse(readFileSync(report, "utf8")))
      : [outsideTests("the runner wrote no report")];
    return settle(found, exitCode, strict);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function runVitest(projects: readonly string[], options: RunOptions): Promise<Tally> {
  return counted(options, tallyVitest, (report, folder) => {
    const chosen = projects.flatMap((name) => ["--project", name]);
    const reporters = ["--reporter", "default", "--reporter", "json", `--outputFile.json=${report}`];
    const only = options.files ? ["--no-file-parallelism", ...options.files] : [];
    return run("vitest", ["run", ...chosen, ...reporters, ...only], options, folder);
  });
}

/** Why there can be no browser tests here, if so. */
export function browserObstacle(): string | undefined {
  if (existsSync("/usr/bin/chromium") || existsSync(chromium.executablePath())) return undefined;
  return "there is no Chromium: apt-get install chromium";
}

/** `local`: specs that need no cluster; `cluster`: those that do, with `TEST_KUBECONFIG` set. */
export function runPlaywright(specs: "local" | "cluster", options: RunOptions): Promise<Tally> {
  return counted(options, tallyPlaywright, (report, folder) => {
    const args = ["test", "--config", browserConfig, "--project", specs, "--reporter", "list,json"];
    const env = { ...options.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report };
    const only = options.files ? ["--workers", "1", ...options.files] : [];
    // Playwright empties this folder at its start, and another may be at work.
    const output = ["--output", path.join(folder, "results")];
    return run("playwright", [...args, ...output, ...only], { ...options, env }, folder);
  });
}
