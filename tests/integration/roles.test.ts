import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "#server/clock.ts";
import { livePostmaster, stopPostmaster } from "#server/embedded/postmaster.ts";
import { homePaths } from "#server/roles/home.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { runBerth } from "#tests/command-line.ts";

const root = path.resolve(import.meta.dirname, "../..");
const home = mkdtempSync("/tmp/berth-roles-");
const file = path.join(home, "berth.yaml");
const all: ChildProcess[] = [];
let port: number;

beforeAll(async () => {
  chmodSync(home, 0o755);
  port = await freePort();
  writeFileSync(file, JSON.stringify({ proxy: { listen: `127.0.0.1:${port}` }, spawner: { jupyter: "/bin/true" } }));
  // The pages and the program, as `npm run build` makes them.
  const build = spawn(process.execPath, [path.join(root, "server/cli/launch.mjs"), "build"], {
    cwd: root,
    stdio: "inherit",
  });
  await new Promise((resolve) => build.once("close", resolve));
}, 300_000);

afterAll(async () => {
  for (const child of all) await end(child, "SIGTERM");
  const data = path.join(homePaths(home).database, "data");
  const postmaster = livePostmaster(data);
  if (postmaster !== undefined) await stopPostmaster(postmaster.pid, data, systemClock);
  rmSync(home, { recursive: true, force: true });
});

/** One role in a process of its own, when it says that it is ready. */
async function start(role: "hub" | "edge" | "web"): Promise<ChildProcess> {
  const args = [path.join(root, "dist", "berth.mjs"), "serve", "--role", role, "--home", home, "--config", file];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, BERTH_LOG_LEVEL: "warn" },
  });
  all.push(child);
  let text = "";
  await new Promise<void>((resolve, reject) => {
    const add = (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("is ready at")) resolve();
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    child.once("close", () => reject(new Error(`The ${role} ended:\n${text}`)));
  });
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill(signal);
  await ended;
}

const statusOf = async (what: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}${what}`, { headers, redirect: "manual" })).status;

describe("the roles, each in a process of its own", { timeout: 120_000 }, () => {
  let hub: ChildProcess;
  let web: ChildProcess;
  let edge: ChildProcess;
  let token: string;

  test("hub, web and edge together serve the portal", async () => {
    hub = await start("hub");
    web = await start("web");
    edge = await start("edge");
    await runBerth(["user", "add", "ana", "--home", home]);
    token = (await runBerth(["token", "create", "--user", "ana", "--home", home])).out.trim();
    expect(await statusOf("/edge/health")).toBe(200);
    expect(await statusOf("/hub/login")).toBe(200);
    expect(await statusOf("/hub/health")).toBe(200);
    expect(await statusOf("/hub/api/user", { authorization: `token ${token}` })).toBeLessThan(500);
  });

  test("a second process of a role in the same home is refused", async () => {
    await expect(start("edge")).rejects.toThrow(/Berth already runs with its home in/);
  });

  test("killed, the edge is there again with what the hub knows", async () => {
    await end(edge, "SIGKILL");
    edge = await start("edge");
    await expect.poll(() => statusOf("/edge/health")).toBe(200);
    expect(await statusOf("/hub/login")).toBe(200);
  });

  test("killed, web is there again; meanwhile the hub's API answers", async () => {
    await end(web, "SIGKILL");
    expect(await statusOf("/hub/login")).toBeGreaterThanOrEqual(500);
    expect(await statusOf("/hub/health")).toBe(200);
    web = await start("web");
    expect(await statusOf("/hub/login")).toBe(200);
  });

  test("killed, the hub is there again, on the database that went on; edge and web stay", async () => {
    const postgres = readFileSync(path.join(homePaths(home).database, "data", "postmaster.pid"), "utf8").split("\n", 1);
    await end(hub, "SIGKILL");
    expect(await statusOf("/hub/health")).toBeGreaterThanOrEqual(500);
    hub = await start("hub");
    await expect.poll(() => statusOf("/hub/health")).toBe(200);
    expect(readFileSync(path.join(homePaths(home).database, "data", "postmaster.pid"), "utf8").split("\n", 1)).toEqual(
      postgres,
    );
    expect((await runBerth(["user", "list", "--home", home])).out).toMatch(/^ana /m);
    expect(edge.exitCode ?? web.exitCode).toBe(null);
  });
});
