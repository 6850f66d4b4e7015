import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { createLog } from "#server/log.ts";
import { databaseAccount } from "./account.ts";
import { startEmbeddedPostgres } from "./postgres.ts";
import { isPostmasterOf, livePostmaster, stopPostmaster } from "./postmaster.ts";

const log = createLog("test", "silent");
const root = process.getuid?.() === 0;
const folders: string[] = [];
const tops: string[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) {
    const data = path.join(folder, "data");
    const postmaster = livePostmaster(data);
    if (postmaster) await stopPostmaster(postmaster.pid, data, systemClock);
  }
  for (const top of tops.splice(0)) rmSync(top, { recursive: true, force: true });
});

function newFolder(...below: string[]): string {
  const top = mkdtempSync(path.join(tmpdir(), "berth-embedded-"));
  // mkdtemp closes it to the account that root runs PostgreSQL as.
  if (root) rmSync(top, { recursive: true });
  const folder = path.join(top, ...below);
  if (below.length > 0) mkdirSync(folder, { recursive: true });
  tops.push(top);
  folders.push(folder);
  return folder;
}

async function startInChild(
  folder: string,
): Promise<{ pid: number; url: string; adopted: boolean; child: ChildProcess }> {
  const script = fileURLToPath(new URL("../../tests/setup/embedded-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  return { ...JSON.parse(String(line)), child };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe("startEmbeddedPostgres", () => {
  test("a kill -9 of the process that started it leaves PostgreSQL running, and the next start adopts it without loss", async () => {
    const folder = newFolder();
    const first = await startInChild(folder);
    expect(first.adopted).toBe(false);
    await query(first.url, "create table kept as select generate_series(1, 1000) as n");
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    expect(isPostmasterOf(first.pid, path.join(folder, "data"))).toBe(true);

    const second = await startEmbeddedPostgres({ directory: folder, log });
    expect(second).toMatchObject({ adopted: true, pid: first.pid });
    expect(await query(second.url, "select count(*)::int as n from kept")).toEqual([{ n: 1000 }]);
    await second.stop();
    expect(isPostmasterOf(first.pid, path.join(folder, "data"))).toBe(false);
  });

  test("a Ctrl-C in the terminal doesn't reach it: it leads a session of its own", async () => {
    const { pid } = await startEmbeddedPostgres({ directory: newFolder(), log });
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    expect([Number(group), Number(session)]).toEqual([pid, pid]);
  });

  test("two starts at once in an empty folder end with one PostgreSQL that both use", async () => {
    const folder = newFolder();
    const [one, two] = await Promise.all([startInChild(folder), startInChild(folder)]);
    expect(one.pid).toBe(two.pid);
    expect(one.url).toBe(two.url);
    expect([one.adopted, two.adopted].filter(Boolean)).toHaveLength(1);
  });

  test("a kill -9 of PostgreSQL itself loses nothing committed, even when its pid now belongs to another process", async () => {
    const folder = newFolder();
    const first = await startEmbeddedPostgres({ directory: folder, log });
    await query(first.url, "create table kept as select 42 as n");
    const data = path.join(folder, "data");
    process.kill(first.pid, "SIGKILL");
    while (isPostmasterOf(first.pid, data)) await systemClock.sleep(5);
    const account = databaseAccount();
    const identity = root ? { uid: account.uid, gid: account.gid } : {};
    const stranger = spawn("sleep", ["600"], { stdio: "ignore", cwd: "/", ...identity });
    children.push(stranger);
    for (const file of [path.join(data, "postmaster.pid"), path.join(folder, "socket", ".s.PGSQL.5432.lock")])
      writeFileSync(file, readFileSync(file, "utf8").replace(/^\d+/, String(stranger.pid)));

    const second = await startEmbeddedPostgres({ directory: folder, log });
    expect(second.adopted).toBe(false);
    expect(await query(second.url, "select n from kept")).toEqual([{ n: 42 }]);
    expect(stranger.exitCode).toBeNull();
  });

  test("a home deeper than a socket's name may be long works, is adopted, and leaves no folder behind", async () => {
    const folder = newFolder("d".repeat(100), "e".repeat(60));
    const first = await startEmbeddedPostgres({ directory: folder, log });
    const socketFolder = new URL(first.url).searchParams.get("host") ?? "";
    expect(socketFolder.startsWith(folder)).toBe(false);
    expect(statSync(socketFolder).mode & 0o777).toBe(0o700);
    const second = await startEmbeddedPostgres({ directory: folder, log });
    expect(second).toMatchObject({ adopted: true, url: first.url });
    await second.stop();
    expect(statSync(socketFolder, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("nothing of it lies where a logout of its account takes it away (systemd's RemoveIPC)", async () => {
    const { url, pid } = await startEmbeddedPostgres({ directory: newFolder(), log });
    await query(url, "set debug_parallel_query = on; select count(*) from pg_class");
    expect(await query(url, "select current_setting('dynamic_shared_memory_type') as kind")).toEqual([
      { kind: "mmap" },
    ]);
    expect(readFileSync(`/proc/${pid}/maps`, "utf8")).not.toContain("/dev/shm/");
  });

  test("nobody else gets in: folder and socket are closed, TCP is off, every commit reaches the disk", async () => {
    const folder = newFolder();
    const { url } = await startEmbeddedPostgres({ directory: folder, log });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(folder, "socket")).mode & 0o777).toBe(0o700);
    const shown = await query(
      url,
      "select current_setting('listen_addresses') as tcp, current_setting('fsync') as fsync, current_setting('shared_buffers') as buffers",
    );
    expect(shown).toEqual([{ tcp: "", fsync: "on", buffers: "32MB" }]);
    const rules = await query(url, "select type, auth_method from pg_hba_file_rules");
    expect(rules).toEqual([{ type: "local", auth_method: "peer" }]);
  });
});
