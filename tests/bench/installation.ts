import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createDb, type Database } from "#db/client.ts";
import { type ApiClient, connect } from "#server/cli/client.ts";
import { systemClock } from "#server/clock.ts";
import { startEmbeddedPostgres } from "#server/embedded/postgres.ts";
import { createLog } from "#server/log.ts";
import { type HomePaths, homePaths } from "#server/roles/home.ts";
import { endWithUs } from "./leftovers.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** Berth as it is installed: the bundle, a home and a PostgreSQL of its own, all below one folder. */
export type Installation = {
  readonly paths: HomePaths;
  readonly publicUrl: string;
  readonly edgePort: number;
  readonly database: Database;
  readonly databasePid: number;
  /** The command line's way in: all rights. */
  readonly api: ApiClient;
  start(role: "hub" | "edge" | "web" | "all", nodeOptions?: readonly string[]): Promise<RunningRole>;
  close(): Promise<void>;
};

export type RunningRole = {
  readonly pid: number;
  /** When the process was asked for, by `performance.now()`. */
  readonly startedMs: number;
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
};

export async function install(
  folder: string,
  edgePort: number,
  config: Record<string, unknown>,
): Promise<Installation> {
  const program = await bundled(folder);
  const home = path.join(folder, `home-${edgePort}`);
  const paths = homePaths(home);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const postgres = await startEmbeddedPostgres({ directory: paths.database, log: createLog("bench", "silent") });
  endWithUs(postgres.pid);
  const publicUrl = `http://127.0.0.1:${edgePort}`;
  const settings = withHub({ proxy: { listen: `127.0.0.1:${edgePort}` }, ...config }, { db: { url: postgres.url } });
  // JSON is YAML.
  writeFileSync(path.join(home, "berth.yaml"), JSON.stringify(settings, null, 1), { mode: 0o600 });
  const database = createDb(postgres.url);
  const roles = new Set<RunningRole>();
  return {
    paths,
    publicUrl,
    edgePort,
    database,
    databasePid: postgres.pid,
    get api() {
      return connect(home, { NODE_ENV: "production" });
    },
    start: async (role, nodeOptions = []) => {
      const running = await startRole({ program, home, role, nodeOptions });
      roles.add(running);
      return running;
    },
    close: async () => {
      for (const role of [...roles].reverse()) await role.stop();
      await database.close();
      await postgres.stop();
    },
  };
}

function withHub(config: Record<string, unknown>, hub: Record<string, unknown>): Record<string, unknown> {
  const given = typeof config.hub === "object" && config.hub !== null ? config.hub : {};
  return { ...config, hub: { ...given, ...hub } };
}

/** As `npm run build` makes it, beside nothing of the checkout. */
async function bundled(folder: string): Promise<string> {
  const outfile = path.join(folder, "dist", "berth.mjs");
  if (existsSync(outfile)) return outfile;
  const bundler = path.join(root, "server", "cli", "bundle.mjs");
  await promisify(execFile)(process.execPath, [bundler, "server", path.dirname(outfile)]);
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  if (existsSync(path.join(root, ".next"))) symlinkSync(path.join(root, ".next"), path.join(folder, ".next"));
  return outfile;
}

const startLimitMs = 60_000;

type Start = {
  readonly program: string;
  readonly home: string;
  readonly role: string;
  readonly nodeOptions: readonly string[];
};

async function startRole({ program, home, role, nodeOptions }: Start): Promise<RunningRole> {
  const startedMs = performance.now();
  const options = ["--enable-source-maps", ...nodeOptions, program];
  const child = spawn(process.execPath, [...options, "serve", "--role", role, "--home", home], {
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", NODE_ENV: "production", BERTH_LOG_LEVEL: "warn" },
  });
  if (child.pid !== undefined) endWithUs(child.pid);
  await saysReady(child, role);
  return {
    pid: child.pid ?? 0,
    startedMs,
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function saysReady(child: ChildProcess, role: string): Promise<void> {
  let said = "";
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`berth serve --role ${role} ${why}:\n${said.slice(-4000)}`));
    const timer = setTimeout(() => fail("was not ready in time"), startLimitMs);
    const hear = (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-8000);
      if (/Berth is ready/.test(said)) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => fail(`ended with ${code}`));
    child.once("error", reject);
    void systemClock.sleep(0).then(() => timer.unref());
  });
  child.stderr?.removeAllListeners("data").pipe(process.stderr);
  child.stdout?.removeAllListeners("data").resume();
}

/** Accounts without a password: nobody logs in here, sessions are made by hand. */
export async function addUsers({ database }: Installation, count: number): Promise<void> {
  await database.pool.query("insert into users (name) select 'user-' || n from generate_series(0, $1::int - 1) n", [
    count,
  ]);
}

export function userName(index: number): string {
  return `user-${index}`;
}
