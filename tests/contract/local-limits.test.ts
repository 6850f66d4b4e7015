import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { inCgroupOf } from "./cgroup-of.ts";
import { type LocalHarness, localHarness, runsMarked, untilServing } from "./local-harness.ts";
import { startUntilStarted, until, untilKind } from "./spawner.contract.ts";

const never = new AbortController().signal;
const MiB = 1024 ** 2;

const probe = localHarness();
const held = !(probe.spawner.limitsNote() ?? "").includes("for each process");
await probe.close();

async function using(harness: LocalHarness, work: (harness: LocalHarness) => Promise<void>): Promise<void> {
  await work(harness).finally(() => harness.close());
}

describe.runIf(held)("limits held by the kernel", () => {
  test("the main process lives in a cgroup with the memory, CPU and process limits asked for", async () => {
    await using(localHarness(), async ({ spawner, orderOf }) => {
      const order = orderOf("serves");
      await startUntilStarted(spawner, order);
      await untilServing(spawner, order.ref);
      const pid = runsMarked(order.ref.serverId)[0] ?? 0;
      expect(Number(inCgroupOf(pid, "memory", "memory.limit_in_bytes", "memory.max"))).toBe(96 * MiB);
      expect(Number(inCgroupOf(pid, "pids", "pids.max", "pids.max"))).toBe(52);
      expect(inCgroupOf(pid, "cpu", "cpu.cfs_quota_us", "cpu.max").split(" ")[0]).toBe("50000");
    });
  });

  test("a process that dies of memory alone leaves the server running", async () => {
    await using(localHarness(), async ({ spawner, orderOf }) => {
      const order = orderOf("child-outgrows");
      await startUntilStarted(spawner, order);
      await untilServing(spawner, order.ref);
      expect((await spawner.observe(order.ref, never)).kind).toBe("running");
    });
  });
});

describe("limits per process", () => {
  test("one process gets no more memory than the limit; the page is told how limits are held", async () => {
    await using(localHarness({ limits: "process" }), async ({ spawner, orderOf }) => {
      expect(spawner.limitsNote()).toContain("for each process");
      const order = orderOf("outgrows-its-memory");
      await startUntilStarted(spawner, order);
      expect((await untilKind(spawner, order.ref, "exited")).failure).toMatchObject({ reason: "crashed", exitCode: 1 });
      expect((await spawner.logTail(order.ref, 1)).join()).toContain("MemoryError");
    });
  });
});

describe("two servers of one user, limits per process", () => {
  test("the end of one takes all its processes, also those in sessions of their own, and none of the other's", async () => {
    await using(localHarness({ limits: "process" }), async ({ spawner, orderOf }) => {
      const [first, second] = [
        orderOf("serves", { serverId: randomUUID() }),
        orderOf("serves", { serverId: randomUUID() }),
      ];
      for (const order of [first, second]) {
        await startUntilStarted(spawner, order);
        await untilServing(spawner, order.ref);
      }
      await until(async () => (await spawner.stop(first.ref, never)).kind === "gone", "the stop");
      expect(runsMarked(first.ref.serverId)).toEqual([]);
      expect(runsMarked(second.ref.serverId)).toHaveLength(1);
      expect((await spawner.observe(second.ref, never)).kind).toBe("running");
    });
  });
});

describe("the end of a server", () => {
  test.each(["best", "process"] as const)(
    "what ignores SIGTERM is ended after the grace time, with all it started in sessions of their own (%s)",
    async (limits) => {
      await using(localHarness({ limits }), async ({ spawner, orderOf }) => {
        const order = orderOf("ignores-sigterm");
        await startUntilStarted(spawner, order);
        await untilServing(spawner, order.ref);
        const begun = performance.now();
        await until(async () => (await spawner.stop(order.ref, never)).kind === "gone", "the stop");
        expect(performance.now() - begun).toBeGreaterThan(900);
        expect(runsMarked(order.ref.serverId)).toEqual([]);
      });
    },
  );
});
