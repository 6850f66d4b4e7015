import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { ServerRow } from "#db/servers.ts";
import type { Hub } from "#server/hub.ts";
import type { DyingHubOrder } from "./dying-hub.ts";
import { createInstallation, type Installation } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

let it: Installation;
let bystander: string | null;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"));
  await withHub(async (hub) => {
    const person = await Person.create(it, hub, "bystander");
    await person.start();
    bystander = (await person.reaches("ready")).runId;
  });
});
afterAll(async () => await it.remove());

async function withHub(work: (hub: Hub) => Promise<void>): Promise<void> {
  // As if the time of the dead hub's lease had passed.
  await it.database.db.execute("update leases set expires_at = now() - interval '1 second'");
  const hub = await it.hub();
  await work(hub);
  await hub.stop();
}

type Order = Omit<DyingHubOrder, "databaseUrl" | "config" | "signal">;

/** A hub in a process of its own. */
function otherHub(order: Omit<DyingHubOrder, "databaseUrl" | "config">) {
  const script = path.join(import.meta.dirname, "dying-hub.ts");
  const child = spawn(process.execPath, ["--no-warnings", script], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ databaseUrl: it.database.url, config: it.config, ...order }));
  return child;
}

/** It ran until it killed itself at that call. */
async function hubThatDies(order: Order): Promise<void> {
  const child = otherHub({ ...order, signal: "SIGKILL" });
  const ended = once(child, "exit", { signal: AbortSignal.timeout(60_000) }).finally(() => child.kill("SIGKILL"));
  const [code, signal] = await ended;
  expect({ code, signal }).toEqual({ code: null, signal: "SIGKILL" });
}

/** It sleeps before that call while `meanwhile` goes on; then it wakes, and makes the call. */
async function hubThatSleeps(order: Order, meanwhile: (wake: () => Promise<void>) => Promise<void>): Promise<void> {
  const child = otherHub({ ...order, signal: "SIGSTOP" });
  const said = once(child.stdout.setEncoding("utf8"), "data", { signal: AbortSignal.timeout(120_000) });
  try {
    await waitFor("the hub sleeps", 60, () => /\) T /.test(readFileSync(`/proc/${child.pid}/stat`, "utf8")));
    await meanwhile(async () => {
      child.kill("SIGCONT");
      expect((await said)[0]).toBe(`${order.call}\n`);
    });
  } finally {
    child.kill("SIGKILL");
  }
}

async function bystanderGoesOn(hub: Hub): Promise<void> {
  const person = new Person(it, hub, "bystander");
  expect(await person.row()).toMatchObject({ phase: "ready", runId: bystander });
  expect((await person.pods()).map(({ metadata }) => metadata.uid)).toEqual([bystander]);
}

describe("F-01, R-03: a hub process killed with SIGKILL", () => {
  test.each([
    ["before", "create pods"],
    ["after", "create pods"],
    ["after", "create secrets"],
  ] as const)("%s it said “%s”: the next hub has one pod ready, of the same start", async (when, call) => {
    const user = `${when}-${call.replace(" ", "-")}`;
    await withHub(async (hub) => void (await Person.create(it, hub, user)));
    await hubThatDies({ verb: "start", user, when, call });
    await withHub(async (hub) => {
      const person = new Person(it, hub, user);
      const { runId, generation } = await person.reaches("ready");
      expect(generation).toBe(1);
      expect((await person.pods()).map(({ metadata }) => metadata.uid)).toEqual([runId]);
      expect(await person.leftovers()).toHaveLength(2);
      await bystanderGoesOn(hub);
    });
  });

  test("after it said “delete pods”: the next hub finds the server stopped, with nothing left", async () => {
    await withHub(async (hub) => {
      const person = await Person.create(it, hub, "stopping");
      await person.start();
      await person.reaches("ready");
    });
    await hubThatDies({ verb: "stop", user: "stopping", when: "after", call: "delete pods" });
    await withHub(async (hub) => {
      const person = new Person(it, hub, "stopping");
      await person.reaches("stopped");
      await person.leavesNothing();
      await bystanderGoesOn(hub);
    });
  });
});

describe("R-02: a hub that leads, sleeps past its lease and wakes beside the one that leads now", () => {
  test("asleep before it deletes a pod: the pod of the next start is spared", async () => {
    await withHub(async (hub) => {
      const person = await Person.create(it, hub, "sleeps-in-stop");
      await person.start();
      await person.reaches("ready");
    });
    await hubThatSleeps(
      { verb: "stop", user: "sleeps-in-stop", when: "before", call: "delete pods" },
      async (wake) =>
        await withHub(async (hub) => {
          const person = new Person(it, hub, "sleeps-in-stop");
          await person.reaches("stopped");
          await person.start();
          const next = await person.reaches("ready");
          await wake();
          await stays(person, next);
          await bystanderGoesOn(hub);
        }),
    );
  });

  test("asleep before it makes a pod: the pod of a later start stays the only one", async () => {
    await withHub(async (hub) => void (await Person.create(it, hub, "sleeps-in-start")));
    await hubThatSleeps(
      { verb: "start", user: "sleeps-in-start", when: "before", call: "create pods" },
      async (wake) =>
        await withHub(async (hub) => {
          const person = new Person(it, hub, "sleeps-in-start");
          await person.reaches("ready");
          await person.stop();
          await person.reaches("stopped");
          await person.start();
          const next = await person.reaches("ready");
          await wake();
          await stays(person, next);
        }),
    );
  });

  test("asleep before it makes a pod for a server that is stopped by then: the pod goes again", async () => {
    await withHub(async (hub) => void (await Person.create(it, hub, "sleeps-too-long")));
    await hubThatSleeps(
      { verb: "start", user: "sleeps-too-long", when: "before", call: "create pods" },
      async (wake) =>
        await withHub(async (hub) => {
          const person = new Person(it, hub, "sleeps-too-long");
          await person.reaches("ready");
          await person.stop();
          const stopped = await person.reaches("stopped");
          await wake();
          await person.leavesNothing();
          expect(await person.row()).toMatchObject({ phase: "stopped", generation: stopped.generation });
        }),
    );
  });
});

/** Neither its row nor its pod was touched by the hub that woke. */
async function stays(person: Person, { runId, generation }: ServerRow): Promise<void> {
  expect(await person.row()).toMatchObject({ phase: "ready", desired: "running", runId, generation });
  expect((await person.pods()).map(({ metadata }) => metadata.uid)).toEqual([runId]);
  expect(await person.leftovers()).toHaveLength(2);
}
