import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright";
import { settle, type Tally, tallyPlaywright, tallyVitest } from "./tally.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const browserConfig = path.join(project, "tests/e2e/playwright.config.ts");

let running: ChildProcess | undefined;

/** Passes a signal on to the runner at work. */
export function interrupt(signal: NodeJS.Signals): void {
  running?.kill(signal);
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    // Not by its own first line, which would take whatever Node the PATH has.
    const script = path.join(project, "node_modules/.bin", command);
    running = spawn(process.execPath, [script, ...args], { cwd: project, env, stdio: "inherit" });
    running.once("error", () => resolve(127));
    running.once("close", (code) => resolve(code ?? 1));
  });
}

/** `reportName` is where the runner writes its JSON; without one it crashed. */
async function counted<T>(
  strict: boolean,
  tally: (report: T) => Tally,
  work: (report: string) => Promise<number>,
): Promise<Tally> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-report-"));
  const report = path.join(folder, "report.json");
  try {
    const exitCode = await work(report);
    const found = existsSync(report)
      ? tally(JSON.parse(readFileSync(report, "utf8")))
      : { passed: 0, failed: 1, skipped: 0 };
    return settle(found, exitCode, strict);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function runVitest(
  projects: string[],
  strict: boolean,
  env: Readonly<Record<string, string>> = {},
): Promise<Tally> {
  return counted(strict, tallyVitest, (report) =>
    run(
      "vitest",
      [
        "run",
        ...projects.flatMap((name) => ["--project", name]),
        ...["--reporter", "default", "--reporter", "json", `--outputFile.json=${report}`],
      ],
      { ...process.env, ...env },
    ),
  );
}

/** Why there can be no browser tests here, if so. */
export function browserObstacle(): string | undefined {
  if (!existsSync(browserConfig)) return "there is no tests/e2e/playwright.config.ts";
  if (existsSync("/usr/bin/chromium") || existsSync(chromium.executablePath())) return undefined;
  return "there is no Chromium: apt-get install chromium";
}

export function runPlaywright(strict: boolean, env: Readonly<Record<string, string>> = {}): Promise<Tally> {
  return counted(strict, tallyPlaywright, (report) =>
    run("playwright", ["test", "--config", browserConfig, "--reporter", "list,json"], {
      ...process.env,
      ...env,
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    }),
  );
}
