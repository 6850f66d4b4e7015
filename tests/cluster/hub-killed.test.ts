import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import type { DyingHubOrder } from "./dying-hub.ts";
import { createInstallation, type Installation } from "./installation.ts";
import { Person } from "./person.ts";

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

/** A hub in a process of its own, until it killed itself at that call. */
async function hubThatDies(order: Omit<DyingHubOrder, "databaseUrl" | "config">): Promise<void> {
  const script = path.join(import.meta.dirname, "dying-hub.ts");
  const child = spawn(process.execPath, ["--no-warnings", script], { stdio: ["pipe", "inherit", "inherit"] });
  const ended = once(child, "exit", { signal: AbortSignal.timeout(60_000) }).finally(() => child.kill("SIGKILL"));
  child.stdin.end(JSON.stringify({ databaseUrl: it.database.url, config: it.config, ...order }));
  const [code, signal] = await ended;
  expect({ code, signal }).toEqual({ code: null, signal: "SIGKILL" });
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
