import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import { createInstallation, type Installation, listed, type Pod, smallApp } from "./installation.ts";
import { processesOf, usedByContainer } from "./node-cgroups.ts";
import { noisyAppCommand } from "./noisy-app.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

const MiB = 1024 ** 2;
const noisyMs = 3000;
const app = { ...smallApp, command: noisyAppCommand };
let it: Installation;
let hub: Hub;
let neighbour: Person;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    singleuser: {
      extraResource: { limits: { "ephemeral-storage": "64Mi" } },
      profileList: [
        { display_name: "Quiet", default: true },
        { display_name: "Noisy", kubespawner_override: { app } },
        // Processes are what it is to run out of.
        { display_name: "Large and noisy", slug: "large", kubespawner_override: { app, mem_limit: "1G" } },
      ],
    },
  });
  hub = await it.hub();
  neighbour = await Person.create(it, hub, "neighbour");
  await neighbour.start("quiet");
  await neighbour.reaches("ready");
});
afterAll(async () => await it?.remove());

/** A server of its own that does harm from now on. */
async function noisy(name: string, harm: string, profile = "noisy"): Promise<{ person: Person; pod: Pod }> {
  const person = await Person.create(it, hub, name);
  await person.start(profile);
  await person.reaches("ready");
  const [pod] = await person.pods();
  if (pod === undefined) throw new Error("no pod");
  expect((await person.ask(`/${harm}`)).status).toBe(200);
  return { person, pod };
}

/** Nobody is refused or kept waiting: the neighbour's program, and the hub that looks into the database. */
async function expectOthersUnharmed(): Promise<void> {
  const waits: number[] = [];
  const end = performance.now() + noisyMs;
  while (performance.now() < end) {
    const asked = performance.now();
    expect((await neighbour.ask("/")).status).toBe(200);
    expect((await neighbour.row()).phase).toBe("ready");
    waits.push(performance.now() - asked);
  }
  waits.sort((a, b) => a - b);
  const p99Ms = waits[Math.floor(waits.length * 0.99)] ?? Number.NaN;
  console.info(`S-75: ${waits.length} answers of the neighbour, p99 ${p99Ms.toFixed(1)} ms`);
  expect(p99Ms).toBeLessThan(1000);
}

const claims = async () => (await listed(it, "persistentvolumeclaims")).map(({ metadata }) => metadata.uid).sort();
const diskIsFull = "Your server wrote more to its own disk than it may.";

describe("S-75: a bad neighbour on one node is held to its own limits, and the others are answered", () => {
  test("one whose processes fork without end", async () => {
    const { person, pod } = await noisy("forker", "forks", "large");
    const { atMost } = processesOf(pod);
    expect(atMost).toBe(1024);
    await waitFor("the bomb", 60, () => processesOf(pod).now > 1000);
    await expectOthersUnharmed();
    expect(processesOf(pod).now).toBeLessThanOrEqual(atMost);
    await person.stop();
    await person.reaches("stopped");
    await person.leavesNothing();
  });

  test("one that keeps every core busy", async () => {
    const { person, pod } = await noisy("burner", "burns");
    const [before, at] = [usedByContainer(pod).cpuSeconds, performance.now()];
    await expectOthersUnharmed();
    const share = (usedByContainer(pod).cpuSeconds - before) / ((performance.now() - at) / 1000);
    expect(share).toBeGreaterThan(0.1);
    // Half a core is its limit; the kernel counts in slices.
    expect(share).toBeLessThan(0.6);
    await person.stop();
  });

  test("one whose program takes more and more memory: what takes it dies, the server and the others stay", async () => {
    const { person, pod } = await noisy("hog", "hogs");
    await expectOthersUnharmed();
    expect(usedByContainer(pod).memoryBytes).toBeLessThanOrEqual(128 * MiB);
    expect(await person.row()).toMatchObject({ phase: "ready", failure: null });
    await person.stop();
  });

  test.each([
    ["fills its disk", "fills"],
    ["prints as fast as it can", "prints"],
  ])("one that %s is ended by the node with the reason in a sentence, and its home stays", async (_title, harm) => {
    const { person } = await noisy(harm, harm);
    const homes = await claims();
    await expectOthersUnharmed();
    await person.until("the node ends it", ({ phase }) => phase === "failed", 120);
    expect(await person.failure()).toMatchObject({ reason: "evicted", publicMessage: diskIsFull });
    await person.leavesNothing();
    expect((await neighbour.row()).phase).toBe("ready");
    await person.start("quiet");
    await person.reaches("ready");
    expect(await claims()).toEqual(homes);
    await person.stop();
  });
});
