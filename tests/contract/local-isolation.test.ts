import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SpawnOrder, Target } from "#server/spawner/spawner.ts";
import { get, type LocalHarness, localHarness, runsMarked, untilServing } from "./local-harness.ts";
import { startUntilStarted, until, untilKind } from "./spawner.contract.ts";

const isRoot = process.getuid?.() === 0;
const never = new AbortController().signal;

let harness: LocalHarness;
beforeEach(() => {
  harness = localHarness();
});
afterEach(async () => {
  await harness.close();
});

async function serve(order: SpawnOrder): Promise<{ target: Target; pid: number; about: About }> {
  await startUntilStarted(harness.spawner, order);
  await untilServing(harness.spawner, order.ref);
  const { target } = await untilKind(harness.spawner, order.ref, "running");
  const about: About = JSON.parse((await get(target)).body);
  return { target, pid: runsMarked(order.ref.serverId)[0] ?? 0, about };
}
type About = {
  uid: number;
  gid: number;
  groups: number[];
  home: string;
  directory: string;
  environment: Record<string, string>;
};

function asUser(order: SpawnOrder, command: string[]): { status: number | null; output: string } {
  const uid = order.owner.uid ?? 0;
  const account = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"];
  const { status, stdout, stderr } = spawnSync("setpriv", [...account, ...command], { encoding: "utf8", cwd: "/" });
  return { status, output: stdout + stderr };
}

const connectTo = (path: string) => [
  "/usr/bin/python3",
  "-c",
  "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])",
  path,
];

describe.runIf(isRoot)("two users of one machine (root)", () => {
  const ana = () => harness.orderOf("serves", { user: 1, serverId: randomUUID() });
  const bo = () => harness.orderOf("serves", { user: 2, serverId: randomUUID() });

  test("neither can connect to the other's server, read its secret, its files or its memory", async () => {
    const [hers, his] = [ana(), bo()];
    const server = await serve(hers);
    await serve(his);
    const listensAt = path.join(path.dirname(server.target.kind === "unix" ? server.target.path : ""), "s", "socket");
    expect(asUser(hers, connectTo(listensAt)).status).toBe(0);
    for (const socket of [listensAt, server.target.kind === "unix" ? server.target.path : ""]) {
      const tried = asUser(his, connectTo(socket));
      expect(tried.output).toContain("Permission denied");
      expect(tried.status).not.toBe(0);
    }
    for (const file of [
      `/proc/${server.pid}/environ`,
      `/proc/${server.pid}/maps`,
      server.about.home,
      path.dirname(listensAt),
    ])
      expect(asUser(his, ["ls", "-l", file]).status === 0 && asUser(his, ["cat", file]).status === 0, file).toBe(false);
    expect(asUser(his, ["ls", server.about.home]).output).toContain("Permission denied");
    expect(asUser(his, ["ls", path.join(harness.home, "run", "servers")]).output).toContain("Permission denied");
  });

  test("the secret stands in no process's arguments", async () => {
    const order = ana();
    await serve(order);
    const all = spawnSync("ps", ["axww", "-o", "args"], { encoding: "utf8" }).stdout;
    expect(all).toContain(order.ref.serverId);
    expect(all).not.toContain(order.secret);
  });

  test("a server runs as its user alone: no group of root's, no way back to root", async () => {
    const order = ana();
    const { about, pid } = await serve(order);
    expect(about).toMatchObject({ uid: order.owner.uid, gid: order.owner.uid, groups: [] });
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^CapPrm:\s+0+$/m);
    expect(statSync(about.home)).toMatchObject({ uid: order.owner.uid });
    expect(statSync(about.home).mode & 0o777).toBe(0o700);
  });

  test("what a user puts into their environment reaches no process of root's", async () => {
    const proof = path.join(harness.home, "run", "proof");
    const order = harness.orderOf("serves", {
      user: 1,
      environment: {
        PATH: "/tmp:/usr/bin",
        ENV: "/tmp/x",
        QUOTE: `it's "$(touch ${proof})" \`id\`\nx`,
        LD_PRELOAD: "",
      },
    });
    const { about } = await serve(order);
    expect(about.environment.QUOTE).toBe(order.environment.QUOTE);
    expect(statSync(proof, { throwIfNoEntry: false })).toBeUndefined();
    const supervisor = (await untilKind(harness.spawner, order.ref, "running")).runId.split("-")[0];
    const names = readFileSync(`/proc/${supervisor}/environ`, "utf8")
      .split("\0")
      .filter(Boolean)
      .map((one) => one.split("=")[0]);
    expect(names.sort()).toEqual(["BERTH_RUN", "LANG", "PATH"]);
  });

  test("a user who puts a link to somebody else's socket in place of their own leads nobody there", async () => {
    const order = ana();
    const { target } = await serve(order);
    const folder = path.dirname(target.kind === "unix" ? target.path : "");
    const foreign = path.join(harness.home, "run", "private.sock");
    const secretServer = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nprivate"));
    await new Promise<void>((resolve) => secretServer.listen(foreign, resolve));
    try {
      unlinkSync(path.join(folder, "s", "socket"));
      symlinkSync(foreign, path.join(folder, "s", "socket"));
      const seen = await harness.spawner.observe(order.ref, never);
      expect(seen.kind).toBe("waiting");
      expect((await get(target)).body).not.toContain("private");
    } finally {
      await new Promise((resolve) => secretServer.close(resolve));
    }
  });

  test("a program that can't be kept closed on a loopback port is refused, with the reason", async () => {
    const open = { unixSocket: false, secretVariable: null };
    const outcome = await harness.spawner.start(harness.orderOf("serves", { app: open }), never);
    expect(outcome).toMatchObject({ kind: "refused", failure: { reason: "rejected" } });
  });

  test("a home keeps its user: another user who got the name does not get the files, and a lost home is not replaced", async () => {
    const hers = ana();
    const { about } = await serve(hers);
    const renamed = { ...bo(), home: { homeId: "another", name: "user-1", claimUid: null, usedBefore: false } };
    expect(await harness.spawner.start(renamed, never)).toMatchObject({
      kind: "refused",
      failure: { reason: "storage" },
    });
    await harness.close();
    rmSync(about.home, { recursive: true, force: true });
    harness = localHarness();
    const lost = { ...ana(), home: { homeId: "home-1", name: "user-1", claimUid: "home-1", usedBefore: true } };
    expect(await harness.spawner.start(lost, never)).toMatchObject({
      kind: "refused",
      failure: { reason: "storage-missing" },
    });
  });
});

describe("a server's surroundings", () => {
  test("its environment is built from nothing: none of the hub's variables", async () => {
    process.env.BERTH_SESSION_KEY = "of the hub";
    const { about } = await serve(harness.orderOf("serves", { environment: { FROM_PROFILE: "yes" } })).finally(() => {
      delete process.env.BERTH_SESSION_KEY;
    });
    expect(about.environment).toMatchObject({ FROM_PROFILE: "yes", HOME: about.home, LANG: "C.UTF-8" });
    expect(about.environment.BERTH_SESSION_KEY).toBeUndefined();
    expect(about.directory).toBe(about.home);
  });

  test("an app without a socket gets a free port of the loopback address", async () => {
    const { target } = await serve(harness.orderOf("serves", { app: { unixSocket: false } }));
    expect(target).toMatchObject({ kind: "tcp", host: "127.0.0.1" });
  });

  test("without a home, it works in one that goes with it", async () => {
    const order = harness.orderOf("serves", { home: null });
    const { about } = await serve(order);
    expect(statSync(about.home).isDirectory()).toBe(true);
    await until(async () => (await harness.spawner.stop(order.ref, never)).kind === "gone", "the stop");
    expect(statSync(about.home, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("a working directory said for containers is meant in the home", async () => {
    const { about } = await serve(harness.orderOf("serves", { app: { workingDirectory: "/home/jovyan" } }));
    expect(about.directory).toBe(about.home);
  });
});
