import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { isOpenToAll } from "#server/embedded/python.ts";
import type { SpawnOrder } from "#server/spawner/spawner.ts";
import { get, type LocalHarness, localHarness, runsMarked, untilServing } from "./local-harness.ts";
import { startUntilStarted, stopUntilGone, until, untilKind } from "./spawner.contract.ts";

const never = new AbortController().signal;
const hubScript = path.join(import.meta.dirname, "..", "fakes", "dying-hub.ts");

async function using(
  work: (harness: LocalHarness) => Promise<void>,
  limits: "best" | "process" = "best",
): Promise<void> {
  const harness = localHarness({ limits });
  await work(harness).finally(() => harness.close());
}

type Place = Pick<LocalHarness, "home" | "installationId">;

/** Another hub, in a process of its own, which dies before its Nth change; 0: it lives until it is killed. */
function hub(harness: Place, verb: "start" | "stop", order: SpawnOrder, dieAt: number, uid?: number): ChildProcess {
  const child = spawn(process.execPath, ["--no-warnings", hubScript, String(dieAt)], {
    stdio: ["pipe", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const { home, installationId } = harness;
  child.stdin.end(JSON.stringify({ home, installationId, verb, order }));
  return child;
}

/** How many changes it made, or null when it died on the way. */
async function outcomeOf(child: ChildProcess): Promise<number | null> {
  if (child.stdout === null) throw new Error("no output to read");
  const lines = createInterface({ input: child.stdout });
  const said = once(lines, "line").then(([line]) => Number(line));
  const died = once(child, "exit").then(() => null);
  const outcome = await Promise.race([said, died]);
  if (outcome !== null) {
    child.kill("SIGKILL");
    await died;
  }
  return outcome;
}

describe("kill -9 of the hub", () => {
  test("leaves its servers running; the next one finds the same processes, and they answer as before", async () => {
    await using(async (harness) => {
      const order = harness.orderOf("serves");
      expect(await outcomeOf(hub(harness, "start", order, 0))).toBeGreaterThan(5);
      const [sighting, ...others] = await harness.spawner.observeAll(never);
      expect(others).toEqual([]);
      expect(sighting?.ref).toMatchObject({ serverId: order.ref.serverId, generation: 1 });
      await untilServing(harness.spawner, order.ref);
      const seen = await untilKind(harness.spawner, order.ref, "running");
      expect((await get(seen.target)).status).toBe(200);
      process.kill(runsMarked(order.ref.serverId)[0] ?? 0, "SIGKILL");
      const ended = await untilKind(harness.spawner, order.ref, "exited");
      expect(ended).toMatchObject({ runId: seen.runId, failure: { reason: "crashed", exitCode: 137 } });
    });
  });

  test("F-01, R-03: before every single change of a start: started again, exactly one run", async () => {
    let died = 0;
    for (let dieAt = 1; ; dieAt++) {
      let finished = false;
      await using(async (harness) => {
        const order = harness.orderOf("serves");
        finished = (await outcomeOf(hub(harness, "start", order, dieAt))) !== null;
        await startUntilStarted(harness.spawner, order);
        await untilServing(harness.spawner, order.ref);
        expect(runsMarked(order.ref.serverId), `killed before change ${dieAt}`).toHaveLength(1);
        expect(await harness.spawner.observeAll(never)).toHaveLength(1);
        await stopUntilGone(harness.spawner, order.ref);
        expect(runsMarked(order.ref.serverId)).toEqual([]);
        expect(leftovers(harness)).toEqual([]);
      });
      if (finished) break;
      died++;
    }
    process.stdout.write(`a start was cut short at ${died} points\n`);
    expect(died).toBeGreaterThan(10);
  }, 120_000);

  test.each(["best", "process"] as const)(
    "F-01, R-03: before every single change of a stop: stopped again, nothing is left (%s)",
    async (limits) => {
      let died = 0;
      for (let dieAt = 1; ; dieAt++) {
        let finished = false;
        await using(async (harness) => {
          const order = harness.orderOf("serves");
          await startUntilStarted(harness.spawner, order);
          await untilServing(harness.spawner, order.ref);
          finished = (await outcomeOf(hub(harness, "stop", order, dieAt))) !== null;
          await stopUntilGone(harness.spawner, order.ref);
          expect(runsMarked(order.ref.serverId), `killed before change ${dieAt}`).toEqual([]);
          expect(leftovers(harness)).toEqual([]);
        }, limits);
        if (finished) break;
        died++;
      }
      process.stdout.write(`a stop was cut short at ${died} points\n`);
      expect(died).toBeGreaterThan(5);
    },
    120_000,
  );
});

/** What must not stay behind a stopped server: everything but its lock and its log. */
function leftovers({ home }: Pick<LocalHarness, "home">): string[] {
  return readdirSync(path.join(home, "run"), { recursive: true, encoding: "utf8" }).filter(
    (name) => /^s\/.|^servers\/.+\//.test(name) && !/\/(lock|log-\d+)$/.test(name),
  );
}

const ordinaryUid = 2_000_050;
const canRunHere = [process.execPath, hubScript].every((file) => isOpenToAll(file));

describe.runIf(process.getuid?.() === 0 && canRunHere)("without root", () => {
  test("servers run as the hub's own account, outlive it, and are stopped by the next hub, children and all", async () => {
    await using(async (harness) => {
      const home = path.join(harness.home, "ordinary");
      mkdirSync(home, { mode: 0o755 });
      chownSync(home, ordinaryUid, ordinaryUid);
      const place = { home, installationId: harness.installationId };
      // Every user of the database has an account number; without root it counts for nothing.
      const order = harness.orderOf("serves");
      expect(await outcomeOf(hub(place, "start", order, 0, ordinaryUid))).not.toBeNull();
      const running = () => runsMarked(order.ref.serverId);
      await until(async () => running().length === 1, "the server");
      expect(statSync(`/proc/${running()[0]}`).uid).toBe(ordinaryUid);
      expect(await outcomeOf(hub(place, "stop", order, 0, ordinaryUid))).not.toBeNull();
      expect(running()).toEqual([]);
      expect(leftovers(place)).toEqual([]);
    });
  });
});

describe.runIf(process.getuid?.() === 0)("a hub with groups of its own (root)", () => {
  test("its servers have none of them", async () => {
    await using(async (harness) => {
      const order = harness.orderOf("serves");
      const command = ["--groups=4,20", "--", process.execPath, "--no-warnings", hubScript, "0"];
      const child = spawn("setpriv", command, { stdio: ["pipe", "pipe", "inherit"] });
      const { home, installationId } = harness;
      child.stdin.end(JSON.stringify({ home, installationId, verb: "start", order }));
      expect(await outcomeOf(child)).not.toBeNull();
      await untilServing(harness.spawner, order.ref);
      const status = readFileSync(`/proc/${runsMarked(order.ref.serverId)[0]}/status`, "utf8");
      expect(status).toMatch(/^Groups:\s*$/m);
    });
  });
});

describe("adoption", () => {
  test("a pid that belongs to another process by now is not taken for the server", async () => {
    await using(async ({ home, spawner, another, orderOf }) => {
      const order = orderOf("serves");
      await startUntilStarted(spawner, order);
      await untilServing(spawner, order.ref);
      const file = path.join(home, "run", "servers", order.ref.serverId, "run-1");
      const line = readFileSync(file, "utf8");
      const fields = line.split(" ");
      fields[21] = String(Number(fields[21]) + 1);
      writeFileSync(file, fields.join(" "));
      expect((await another().observe(order.ref, never)).kind).toBe("exited");
      writeFileSync(file, line.replace(/^\d+/, String(process.pid)));
      expect((await another().observe(order.ref, never)).kind).toBe("exited");
      writeFileSync(file, line);
      expect((await another().observe(order.ref, never)).kind).toBe("running");
    });
  });

  test("a process without the run's own marker is not taken for the server", async () => {
    await using(async ({ home, spawner, another, orderOf }) => {
      const order = orderOf("serves");
      await startUntilStarted(spawner, order);
      const file = path.join(home, "run", "servers", order.ref.serverId, "order-1.json");
      const text = readFileSync(file, "utf8");
      const attempt = text.split("\n")[0] ?? "";
      writeFileSync(file, text.replaceAll(`"attempt":"${attempt}"`, `"attempt":"${"0".repeat(32)}"`));
      expect((await another().observe(order.ref, never)).kind).toBe("exited");
      writeFileSync(file, text);
      expect((await another().observe(order.ref, never)).kind).toBe("running");
    });
  });

  test("what was written down before a reboot runs no more, and doesn't stand in the way of a new start", async () => {
    await using(async ({ home, spawner, another, orderOf }) => {
      const order = orderOf("serves");
      await startUntilStarted(spawner, order);
      await untilServing(spawner, order.ref);
      const pid = runsMarked(order.ref.serverId)[0] ?? 0;
      const file = path.join(home, "run", "servers", order.ref.serverId, "order-1.json");
      const text = readFileSync(file, "utf8");
      writeFileSync(file, text.replace(/"bootId":"[^"]+"/, '"bootId":"of-an-earlier-boot"'));
      expect(await another().observeAll(never)).toEqual([]);
      expect(await another().observe(order.ref, never)).toEqual({ kind: "absent" });
      writeFileSync(file, text);
      expect(runsMarked(order.ref.serverId)).toEqual([pid]);
      await stopUntilGone(another(), order.ref);
    });
  });
});
