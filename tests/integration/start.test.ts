import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { homePaths } from "#server/roles/home.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { type Ran, runBerth } from "#tests/command-line.ts";

/** Installing and building may come first. */
const firstStartMs = 300_000;
const root = path.resolve(import.meta.dirname, "../..");
/** Not os.tmpdir(): servers of other accounts must be able to enter it, and their sockets' paths must stay short. */
const folder = mkdtempSync("/tmp/berth-start-");
const home = path.join(folder, "home");
const launched: Launched[] = [];
let port: number;

/** Answers every request with its process id, so that a test can see that it is still the same one. */
const app = `
import http.server, os, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = str(os.getpid()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self):
        return "unix"
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    pass
Server(sys.argv[1], Handler).serve_forever()
`;
const config = {
  spawner: { jupyter: "/bin/true" },
  singleuser: {
    app: { command: ["/usr/bin/python3", "-c", app], listenArgs: { unix: ["{socket}"] }, stripPrefix: true },
  },
};

beforeAll(async () => {
  chmodSync(folder, 0o755);
  mkdirSync(home);
  writeFileSync(path.join(home, "berth.yaml"), JSON.stringify(config));
  port = await freePort();
});

afterAll(async () => {
  for (const one of launched) one.child.kill("SIGINT");
  await Promise.all(launched.map(({ exit }) => exit));
  rmSync(folder, { recursive: true, force: true });
});

type Launched = {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  output(): string;
  /** When it serves, what it has said so far; what it said when it ended instead. */
  readonly ready: Promise<string>;
};

/** `npm start -- …`, without npm. */
function launch(...args: string[]): Launched {
  const child = spawn(process.execPath, [path.join(root, "server", "cli", "launch.mjs"), "serve", ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, INIT_CWD: folder, BERTH_LOG_LEVEL: "warn" },
  });
  let text = "";
  const ready = new Promise<string>((resolve) => {
    const add = (chunk: Buffer) => {
      text += chunk.toString();
      if (/is ready at .*\n/.test(text)) resolve(text);
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    child.once("close", () => resolve(text));
  });
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const one = { child, exit, ready, output: () => text };
  launched.push(one);
  return one;
}

const start = () => launch("--port", String(port), "--home", home);
const berth = (...args: string[]): Promise<Ran> => runBerth([...args, "--home", home]);

async function addressedBy(what: string): Promise<string> {
  const { out } = await berth("token", "create", "--user", "ana");
  const answer = await fetch(`http://127.0.0.1:${port}${what}`, { headers: { authorization: `token ${out.trim()}` } });
  return `${answer.status} ${await answer.text()}`;
}

function postgresPid(): number {
  return Number(readFileSync(path.join(homePaths(home).database, "data", "postmaster.pid"), "utf8").split("\n", 1)[0]);
}

function berthPid(): number {
  return Number(readFileSync(path.join(home, "run", "hub", "hub.pid"), "utf8"));
}

/** A process that ended stays as a zombie until its parent asks: nobody does in a container without an init. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** What must outlive a Berth that was killed: the database's process, the server's process, and what both know. */
type Kept = { readonly postgres: number; readonly answer: string };
let kept: Kept;
let running: Launched;

async function expectNothingLost(output: string): Promise<void> {
  expect(output).toMatch(/^Reused .*the running PostgreSQL and 1 running server\.$/m);
  expect(postgresPid()).toBe(kept.postgres);
  expect(await addressedBy("/user/ana/")).toBe(kept.answer);
  expect((await berth("server", "list")).out).toMatch(/^ana +\(default\) +ready /m);
}

describe("npm start", { timeout: firstStartMs }, () => {
  test("serves on the port asked for and prints a one-time admin link", async () => {
    running = start();
    expect(await running.ready).toContain(`Berth is ready at http://127.0.0.1:${port} `);
    expect(running.output()).toMatch(new RegExp(`http://127\\.0\\.0\\.1:${port}/hub/login\\?code=\\S{30,}`));
    expect((await fetch(`http://127.0.0.1:${port}/hub/health`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/hub/login`)).status).toBe(200);
    expect(await berth("user", "add", "ana")).toMatchObject({ code: 0 });
    expect(await berth("server", "start", "--user", "ana", "--wait")).toMatchObject({ code: 0 });
    kept = { postgres: postgresPid(), answer: await addressedBy("/user/ana/") };
    expect(kept.answer).toMatch(/^200 \d+$/);
  });

  test("a second one in the same home ends with a sentence and changes nothing", async () => {
    const second = start();
    expect(await second.exit).toBe(1);
    expect(second.output()).toBe(
      `Berth already runs with its home in ${home} (process ${berthPid()}). Stop that one first, or choose another home with --home.\n`,
    );
    expect(await addressedBy("/user/ana/")).toBe(kept.answer);
  });

  test("a port that is taken ends with a sentence before anything is started", async () => {
    const other = path.join(folder, "other");
    const second = launch("--port", String(port), "--home", other);
    expect(await second.exit).toBe(1);
    expect(second.output()).toBe(
      `Something else listens on 127.0.0.1:${port} already. Stop it, or choose another port with --port.\n`,
    );
    expect(existsSync(homePaths(other).database)).toBe(false);
  });

  test("after kill -9 the next start adopts the database and the running server, and nothing is lost", async () => {
    process.kill(berthPid(), "SIGKILL");
    await running.exit;
    expect(isAlive(kept.postgres)).toBe(true);
    running = start();
    await expectNothingLost(await running.ready);
  });

  test("after SIGTERM likewise, and it ends with 0", async () => {
    running.child.kill("SIGTERM");
    expect(await running.exit).toBe(0);
    expect(isAlive(kept.postgres)).toBe(true);
    running = start();
    await expectNothingLost(await running.ready);
  });

  test("a launcher that is killed outright leaves no Berth behind that nobody sees", async () => {
    const hidden = berthPid();
    running.child.kill("SIGKILL");
    await running.exit;
    await expect.poll(() => isAlive(hidden), { timeout: 20_000 }).toBe(false);
    running = start();
    await expectNothingLost(await running.ready);
  });

  test("Ctrl-C, heard twice as npm passes it on, stops the servers, then the database, and ends with 0", async () => {
    const appPid = Number(kept.answer.split(" ")[1]);
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    expect(await running.exit).toBe(0);
    expect([isAlive(appPid), isAlive(kept.postgres)]).toEqual([false, false]);
  });

  test("after Ctrl-C the next start has the users and their homes, and stopped servers", async () => {
    running = start();
    expect(await running.ready).toMatch(/^Reused .*\.$/m);
    expect(await running.ready).not.toMatch(/running server/);
    expect((await berth("server", "list", "--user", "ana")).out).toMatch(/^ana +\(default\) +stopped /m);
  });

  // Only root runs servers under other accounts.
  if (process.getuid?.() === 0)
    test("a home whose parents other accounts can't enter ends with one sentence and the chmod", async () => {
      const closed = path.join(folder, "closed");
      mkdirSync(closed, { mode: 0o700 });
      const one = launch("--port", String(await freePort()), "--home", path.join(closed, "home"));
      expect(await one.exit).toBe(1);
      expect(one.output()).toMatch(/^[^\n]*run "chmod o\+x \S*closed", or choose another home with --home\.\n$/);
      expect(existsSync(path.join(closed, "home"))).toBe(false);
    });
});
