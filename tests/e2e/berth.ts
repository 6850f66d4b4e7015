import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePort } from "#server/spawner/local/free-port.ts";

/** A whole Berth, as `npm start` runs it, in a home of its own: the built server, the built web app, real PostgreSQL. */
export type RunningBerth = {
  readonly url: string;
  readonly adminLink: string | null;
  readonly home: string;
  readonly output: () => string;
  readonly pid: number;
  /** SIGINT stops the servers and the database too, as Ctrl-C does. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

const root = path.resolve(import.meta.dirname, "../..");
const readyWithinMs = 180_000;

export type BerthOptions = {
  /** `berth.yaml`; every occurrence of `{port}` becomes the port. */
  readonly config: string;
  readonly home?: string;
  readonly port?: number;
  readonly role?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

export async function startBerth(options: BerthOptions): Promise<RunningBerth> {
  const home = options.home ?? newHome();
  const port = options.port ?? (await freePort());
  const file = path.join(home, "berth.yaml");
  writeFileSync(file, options.config.replaceAll("{port}", String(port)));
  const args = [
    "--enable-source-maps",
    path.join(root, "dist", "berth.mjs"),
    "serve",
    "--home",
    home,
    "--config",
    file,
    "--port",
    String(port),
  ];
  if (options.role !== undefined) args.push("--role", options.role);
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.environment, BERTH_LOG_LEVEL: process.env.BERTH_LOG_LEVEL ?? "info" },
  });
  const output = collect(child);
  await untilReady(child, output);
  return {
    url: /ready at (\S+)/.exec(output())?.[1] ?? "",
    adminLink: /(http\S+code=\S+)/.exec(output())?.[1] ?? null,
    home,
    output,
    pid: child.pid ?? 0,
    stop: (signal = "SIGINT") => end(child, signal),
  };
}

/** Other uids must be able to enter it, as a home for several users has to be. */
export function newHome(): string {
  const home = mkdtempSync("/tmp/berth-e2e-");
  chmodSync(home, 0o755);
  return home;
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-200_000);
  };
  child.stdout?.on("data", add);
  child.stderr?.on("data", add);
  return () => text;
}

async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  let over = false;
  // "close", not "exit": only then is everything it said here.
  child.once("close", () => {
    over = true;
  });
  const deadline = performance.now() + readyWithinMs;
  while (!/ready at /.test(output())) {
    if (over) throw new Error(`Berth ended before it was ready:\n${output()}`);
    if (performance.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`Berth was not ready in time:\n${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  await ended;
}
