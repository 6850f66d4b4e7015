import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SpawnOrder, Target } from "#server/spawner/spawner.ts";
import { inCgroupOf } from "./cgroup-of.ts";
import { get, type LocalHarness, localHarness, type Noise, runsMarked, untilServing } from "./local-harness.ts";
import { startUntilStarted, until } from "./spawner.contract.ts";

const never = new AbortController().signal;
const MiB = 1024 ** 2;
/** Longer than from one look at a server's log to the next. */
const noisyMs = 3000;

const probe = localHarness();
const held = !(probe.spawner.limitsNote() ?? "").includes("for each process");
await probe.close();

let it: LocalHarness;
let noisy: SpawnOrder;
let neighbour: Target;
let watching: AbortController;
let watched: Promise<void>;

async function started(order: SpawnOrder): Promise<Target> {
  await startUntilStarted(it.spawner, order);
  await untilServing(it.spawner, order.ref);
  const seen = await it.spawner.observe(order.ref, never);
  return seen.kind === "running" ? seen.target : expect.unreachable(`it is ${seen.kind}`);
}

/** Accounts of their own: the kernel counts an account's processes, those of other tests too. */
async function begin(noise: Noise): Promise<void> {
  it = localHarness();
  neighbour = await started(it.orderOf("serves", { serverId: crypto.randomUUID(), user: 8 }));
  noisy = it.orderOf(noise, { user: 9 });
  const target = await started(noisy);
  watching = new AbortController();
  const listener = { changed: () => undefined, event: () => undefined, stale: () => undefined };
  watched = it.spawner.watch(listener, watching.signal).catch(() => undefined);
  expect((await get(target, {}, "/noise")).status).toBe(200);
}

/** One question after the other, for as long as the noise is listened to; how long the slowest of a hundred took. */
async function neighboursWaits(): Promise<{ answered: number; failed: number; p99Ms: number }> {
  const waits: number[] = [];
  let failed = 0;
  const end = performance.now() + noisyMs;
  while (performance.now() < end) {
    const asked = performance.now();
    const status = await get(neighbour).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 200) failed += 1;
    waits.push(performance.now() - asked);
  }
  waits.sort((a, b) => a - b);
  return { answered: waits.length, failed, p99Ms: waits[Math.floor(waits.length * 0.99)] ?? Number.NaN };
}

const inCgroup = (controller: string, v1File: string, v2File: string) =>
  inCgroupOf(runsMarked(noisy.ref.serverId)[0] ?? 0, controller, v1File, v2File);

/** What all processes of the noisy server have used, by proc(5): 14th and 15th field of `stat`, in hundredths of a second. */
function cpuSeconds(): number {
  const used = readdirSync("/proc").map((pid) => {
    const words = /^\d+$/.test(pid) ? fileOf(pid, "cmdline").split("\0") : [];
    if (words[3] !== noisy.ref.serverId) return 0;
    const fields = fileOf(pid, "stat").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
  });
  return used.reduce((sum, seconds) => sum + seconds, 0);
}

/** Empty when the process has just ended. */
function fileOf(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

function logBytes(): number {
  const folder = path.join(it.home, "run", "servers");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /log-\d+(\.1)?$/.test(name),
  );
  expect(files.length).toBeGreaterThan(0);
  return Math.max(...files.map((name) => statSync(path.join(folder, name)).size));
}

describe.runIf(held)(
  "S-75: a bad neighbour on one machine is held to its own limits, and the others are answered",
  () => {
    let loop: ReturnType<typeof monitorEventLoopDelay>;
    beforeEach(() => {
      loop = monitorEventLoopDelay({ resolution: 5 });
      loop.enable();
    });
    afterEach(async () => {
      loop.disable();
      watching.abort(new Error("the watch ends"));
      await watched;
      await it.close();
    });

    /** Nobody is refused, the hub's process doesn't stand still, and the one who is noisy still runs. */
    async function expectOthersUnharmed(): Promise<void> {
      const { answered, failed, p99Ms } = await neighboursWaits();
      console.info(
        `S-75: ${answered} answers of the neighbour, p99 ${p99Ms.toFixed(1)} ms; the hub ${(loop.max / 1e6).toFixed(0)} ms`,
      );
      expect(failed).toBe(0);
      expect(answered).toBeGreaterThan(50);
      expect(p99Ms).toBeLessThan(1000);
      expect(loop.max / 1e6).toBeLessThan(1000);
      expect(await it.spawner.observe(noisy.ref, never)).toMatchObject({ kind: "running" });
    }

    test("one whose processes fork without end", async () => {
      await begin("forks");
      await until(async () => Number(inCgroup("pids", "pids.current", "pids.current")) >= 50, "the bomb");
      await expectOthersUnharmed();
      expect(Number(inCgroup("pids", "pids.current", "pids.current"))).toBeLessThanOrEqual(52);
    });

    test("one that keeps every core busy", async () => {
      await begin("burns");
      const [cpuBefore, before] = [cpuSeconds(), performance.now()];
      await expectOthersUnharmed();
      const share = (cpuSeconds() - cpuBefore) / ((performance.now() - before) / 1000);
      expect(share).toBeGreaterThan(0.1);
      // Half a core is its limit; the kernel counts in slices.
      expect(share).toBeLessThan(0.6);
    });

    test("one that takes more and more memory", async () => {
      await begin("hogs");
      await expectOthersUnharmed();
      const most = () => Number(inCgroup("memory", "memory.max_usage_in_bytes", "memory.peak"));
      await until(async () => most() > 90 * MiB, "all it gets");
      expect(most()).toBeLessThanOrEqual(96 * MiB);
    });

    test("one that prints as fast as it can: its log is cut, and the hub isn't held up by that", async () => {
      await begin("prints");
      await until(async () => logBytes() > 0, "its first lines");
      await expectOthersUnharmed();
      const cut = () =>
        readdirSync(path.join(it.home, "run", "servers"), { recursive: true, encoding: "utf8" }).filter((name) =>
          name.endsWith(".1"),
        );
      await until(async () => cut().length > 0, "the first cut");
      const kept = cut();
      expect(kept).toHaveLength(1);
      expect(statSync(path.join(it.home, "run", "servers", kept[0] ?? "")).size).toBeLessThanOrEqual(4 * MiB);
      expect(await it.spawner.logTail(noisy.ref, 1)).toEqual(["x".repeat(127)]);
    });
  },
);
