import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { LiveConfig } from "#server/config/live-config.ts";
import { loadConfig } from "#server/config/load.ts";
import type { Config } from "#server/config/schema.ts";
import type { Hub } from "#server/hub.ts";
import { createLog } from "#server/log.ts";
import { followConfig } from "#server/roles/follow-config.ts";
import { startServer } from "#server/servers/start.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { addUser, startHubOn, until } from "#tests/fakes/hub-under-test.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";

/** A real hub beside a file that lies as a ConfigMap does: under a link to a folder, which is exchanged as a whole. */
const folder = mkdtempSync(path.join(tmpdir(), "berth-reload-"));
const file = path.join(folder, "berth.yaml");
let version = 0;
let database: FreshDatabase;
let hub: Hub;
const spawner = new FakeSpawner();
const ended = new AbortController();
let following: Promise<void>;

function write(text: string): void {
  version += 1;
  mkdirSync(path.join(folder, `..${version}`));
  writeFileSync(path.join(folder, `..${version}`, "berth.yaml"), text);
  symlinkSync(`..${version}`, path.join(folder, "..next"));
  renameSync(path.join(folder, "..next"), path.join(folder, "..data"));
}

function profiles(...names: readonly string[]): string {
  return `singleuser:\n  profileList:\n${names.map((name) => `    - display_name: ${name}\n`).join("")}`;
}

const read = () => loadConfig({ file, environment: {} });

beforeAll(async () => {
  write(profiles("Small", "Large"));
  symlinkSync(path.join("..data", "berth.yaml"), file);
  database = await freshDatabase();
  const first = read();
  if (!first.ok) throw new Error("the first configuration is wrong");
  const live = new LiveConfig(first.config, { file: "berth.yaml", at: new Date() });
  hub = await startHubOn({ databaseUrl: database.url, spawner, liveConfig: live });
  const log = createLog("test", "silent");
  const settle = async (config: Config) => config;
  following = followConfig({ source: { file, read }, live, settle, clock: systemClock, log }, ended.signal);
  for (const name of ["ana", "ben", "cleo"]) await addUser(hub, name);
});
afterAll(async () => {
  ended.abort();
  await following;
  await hub?.stop();
  spawner.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (user: string, profile: string) =>
  await startServer(hub.systemContext("test"), { user, name: "", profile, options: {} });

describe("berth.yaml is changed while the hub runs", () => {
  test("a profile that is new can be started without a restart, one that is gone can't, and a server that runs stays", async () => {
    await start("ana", "small");
    await expect(start("ben", "huge")).rejects.toMatchObject({ code: "invalid" });
    write(profiles("Large", "Huge"));
    await until(async () => hasProfile("Huge"));
    await start("ben", "huge");
    await until(async () => spawner.runs.size === 2);
    await expect(start("cleo", "small")).rejects.toMatchObject({ code: "invalid" });
    expect(spawner.stopped).toEqual([]);
  });

  test("a mistake in it changes nothing and is said with its line; the next correct version is taken", async () => {
    write(`${profiles("Other")}  memori: {}\n`);
    await until(async () => (hub.liveConfig.reading?.problems.length ?? 0) > 0);
    expect(hub.liveConfig.reading?.problems[0]).toMatch(/berth\.yaml:4.*memori/);
    expect(hasProfile("Huge")).toBe(true);
    write(`${profiles("Large", "Huge", "Third")}hub: { publicUrl: "https://hub.example.org" }\n`);
    await until(async () => hasProfile("Third"));
    expect(hub.liveConfig.reading).toMatchObject({ problems: [], waiting: ["hub.publicUrl"] });
    expect(hub.config.hub.publicUrl).toBeUndefined();
  });
});

function hasProfile(name: string): boolean {
  return JSON.stringify(hub.config.singleuser.profileList).includes(name);
}
