import { spawn } from "node:child_process";
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { type Clock, systemClock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";
import { type Account, closedParent, databaseAccount } from "./account.ts";
import { runnableBinaries } from "./binaries.ts";
import { bareEnvironment, databaseRole, identityOf, initialiseData, writeAccess } from "./data-folder.ts";
import {
  isPostmasterOf,
  livePostmaster,
  type Postmaster,
  readPostmasterFile,
  removeStaleLocks,
  stopPostmaster,
} from "./postmaster.ts";
import { closeSocketFolder, openSocketFolder } from "./socket-folder.ts";

const databaseName = "berth";
const readyTimeoutSeconds = 120;

export type EmbeddedPostgres = {
  url: string;
  pid: number;
  /** It ran already: an earlier start's process was killed and left it to us. */
  adopted: boolean;
  /** Ends PostgreSQL, for every process that uses it. */
  stop(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  directory: string;
  log: Log;
  /** The account PostgreSQL runs as when we are root. */
  runAs?: string;
  settings?: Readonly<Record<string, string>>;
  clock?: Clock;
};

/**
 * The PostgreSQL that npm brought, on a Unix socket in `directory`. It lives in a session of its own: Ctrl-C in the
 * terminal doesn't reach it, and a kill -9 of this process leaves it running for the next start, which adopts it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const clock = options.clock ?? systemClock;
  const account = databaseAccount(options.runAs);
  const directory = ownDirectory(options.directory, account);
  const dataFolder = path.join(directory, "data");
  const { postmaster, adopted } = await obtainPostmaster(options, { directory, dataFolder, account, clock });
  await ensureDatabase(urlOf(postmaster.socketFolder, "postgres"));
  options.log.info({ pid: postmaster.pid, adopted }, adopted ? "adopted the running PostgreSQL" : "started PostgreSQL");
  return {
    url: urlOf(postmaster.socketFolder, databaseName),
    pid: postmaster.pid,
    adopted,
    stop: async () => {
      await stopPostmaster(postmaster.pid, dataFolder, clock);
      closeSocketFolder(postmaster.socketFolder);
    },
  };
}

type Place = { directory: string; dataFolder: string; account: Account; clock: Clock };

async function obtainPostmaster(
  options: EmbeddedPostgresOptions,
  place: Place,
): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  const running = await settle(place);
  if (running) return { postmaster: running, adopted: true };
  const native = await runnableBinaries(place.directory, place.account);
  await initialiseData(native, place.dataFolder, place.account);
  const rival = await settle(place);
  if (rival) return { postmaster: rival, adopted: true };
  await writeAccess(place.dataFolder, place.account);
  const child = spawnPostmaster(native, place, options.settings ?? {});
  return await whenReady(child, place);
}

function ownDirectory(wanted: string, account: Account): string {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  const directory = realpathSync(wanted);
  const closed = closedParent(directory, account);
  if (closed !== undefined)
    throw new Error(
      `PostgreSQL runs as ${account.name}, which can't enter ${closed}. Run "chmod o+x ${closed}", or choose another home with --home.`,
    );
  chmodSync(directory, 0o700);
  if (process.getuid?.() === 0) chownSync(directory, account.uid, account.gid);
  return directory;
}

/** The live postmaster of this folder once it is ready; undefined when there is none, or it has just ended. */
async function settle({ dataFolder, clock }: Place): Promise<Postmaster | undefined> {
  const end = clock.monotonicMs() + readyTimeoutSeconds * 1000;
  for (;;) {
    const found = livePostmaster(dataFolder);
    if (!found || found.ready) return found;
    if (clock.monotonicMs() > end)
      throw new Error(`PostgreSQL (process ${found.pid}) neither got ready nor ended within ${readyTimeoutSeconds} s.`);
    await clock.sleep(10);
  }
}

type Child = { pid: number; exited: () => boolean; logFile: string };

function spawnPostmaster(native: string, place: Place, settings: Readonly<Record<string, string>>): Child {
  const { directory, dataFolder, account } = place;
  const socketFolder = openSocketFolder(directory, account, readPostmasterFile(dataFolder)?.socketFolder);
  removeStaleLocks(dataFolder);
  const logFile = path.join(directory, "postgres.log");
  const log = openSync(logFile, "a", 0o600);
  const all = {
    listen_addresses: "",
    unix_socket_directories: `"${socketFolder}"`,
    unix_socket_permissions: "0700",
    shared_buffers: "32MB",
    // systemd takes an account's segments in /dev/shm away with its last login (RemoveIPC; PostgreSQL's manual, 18.4.2).
    dynamic_shared_memory_type: "mmap",
    fsync: "on",
    timezone: "UTC",
    log_timezone: "UTC",
    ...settings,
  };
  const child = spawn(
    path.join(native, "bin", "postgres"),
    ["-D", dataFolder, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    {
      ...identityOf(account),
      cwd: dataFolder,
      detached: true,
      stdio: ["ignore", log, log],
      env: bareEnvironment,
    },
  );
  closeSync(log);
  child.unref();
  let exited = false;
  child.once("exit", () => {
    exited = true;
  });
  child.once("error", () => {
    exited = true;
  });
  return { pid: child.pid ?? 0, exited: () => exited, logFile };
}

async function whenReady(child: Child, place: Place): Promise<{ postmaster: Postmaster; adopted: boolean }> {
  const end = place.clock.monotonicMs() + readyTimeoutSeconds * 1000;
  while (place.clock.monotonicMs() < end) {
    const found = readPostmasterFile(place.dataFolder);
    if (found?.pid === child.pid && found.ready) return { postmaster: found, adopted: false };
    if (child.exited()) {
      // PostgreSQL's own lock lets one of two simultaneous starts through; the other one adopts it.
      const winner = await settle(place);
      if (winner) return { postmaster: winner, adopted: true };
      throw new Error(`PostgreSQL didn't start:\n${lastLines(child.logFile)}`);
    }
    await place.clock.sleep(5);
  }
  if (isPostmasterOf(child.pid, place.dataFolder)) await stopPostmaster(child.pid, place.dataFolder, place.clock);
  throw new Error(`PostgreSQL wasn't ready within ${readyTimeoutSeconds} s:\n${lastLines(child.logFile)}`);
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-10).join("\n");
}

function urlOf(socketFolder: string, database: string): string {
  return `postgresql:///${database}?${new URLSearchParams({ host: socketFolder, user: databaseRole })}`;
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [databaseName]);
    if (rowCount === 0)
      await client.query(`create database ${databaseName}`).catch((error: unknown) => {
        // 42P04 duplicate_database, 23505 the same while it is being made: another start did it.
        const code = error instanceof pg.DatabaseError ? error.code : undefined;
        if (code !== "42P04" && code !== "23505") throw error;
      });
  } finally {
    await client.end();
  }
}
