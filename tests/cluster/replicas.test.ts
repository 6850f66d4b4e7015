import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import { createInstallation, type Installation, listed } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

let it: Installation;
let hubs: readonly Hub[];
const made: string[] = [];

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), { singleuser: { nodeSelector: { none: "such" } } });
  const onRequest = (verb: string, kind: string, status: number) => {
    if (verb === "create" && status === 201) made.push(kind);
  };
  hubs = [await it.hub({ onRequest }), await it.hub({ onRequest })];
  await waitFor("a hub leads", 20, () => hubs.some((hub) => hub.reconciler.leading));
});
afterAll(async () => await it.remove());

/** Two tabs at each hub. */
const callersOf = (name: string) => hubs.flatMap((hub) => [new Person(it, hub, name), new Person(it, hub, name)]);
const isWaiting = ({ phase, waitPhase }: { phase: string; waitPhase: string | null }) =>
  phase === "starting" && waitPhase === "scheduling";
const names = Array.from({ length: 20 }, (_, n) => `u${n}`);

test("R-01: 200 times one server asked for at once by two tabs at each of two hubs: one pod, one secret, and one home for all its starts", async () => {
  const [first] = hubs;
  if (first === undefined) throw new Error("there are to be two hubs");
  await Promise.all(names.map((name) => Person.create(it, first, name)));
  const seen = names.map((name) => new Person(it, first, name));
  const rounds = 10;
  for (let round = 1; round <= rounds; round++) {
    await Promise.all(names.flatMap(callersOf).map((person) => person.start()));
    const rows = await Promise.all(seen.map((person) => person.until("a wait", isWaiting)));
    expect(rows.map(({ generation }) => generation)).toEqual(names.map(() => round));
    const pods = await listed(it, "pods");
    expect(pods.map(({ metadata }) => metadata.uid).sort()).toEqual(rows.map(({ runId }) => runId).sort());
    await Promise.all(names.flatMap(callersOf).map((person) => person.stop()));
    await Promise.all(seen.map((person) => person.reaches("stopped")));
    expect(await listed(it, "pods")).toEqual([]);
  }
  const times = (kind: string) => made.filter((one) => one === kind).length;
  expect([times("pods"), times("secrets")]).toEqual([rounds * names.length, rounds * names.length]);
  expect(times("persistentvolumeclaims")).toBe(names.length);
});

test("R-05: of starts and stops that cross each other at two hubs the last wish is what becomes of it", async () => {
  const [first, second] = hubs;
  if (first === undefined || second === undefined) throw new Error("there are to be two hubs");
  await Promise.all(
    names.map(async (name, n) => {
      const [here, there] = [new Person(it, first, name), new Person(it, second, name)];
      // Without waiting for what becomes of any of them; half of them end with a start.
      for (let step = 0; step < 4; step++) await Promise.all([here.start(), there.stop()]);
      await (n % 2 === 0 ? here.stop() : there.start());
    }),
  );
  for (const [n, name] of names.entries()) {
    const person = new Person(it, first, name);
    if (n % 2 === 0) {
      await person.reaches("stopped");
      await person.leavesNothing();
    } else {
      const { runId } = await person.until("a wait", isWaiting);
      expect((await person.pods()).map(({ metadata }) => metadata.uid)).toEqual([runId]);
      await person.stop();
      await person.reaches("stopped");
    }
  }
  expect(await listed(it, "pods")).toEqual([]);
});

test("R-02: when the hub that leads goes, the other one carries on", async () => {
  const leader = hubs.find((hub) => hub.reconciler.leading);
  const other = hubs.find((hub) => hub !== leader);
  if (leader === undefined || other === undefined) throw new Error("one of the two is to lead");
  await leader.stop();
  const person = new Person(it, other, "u0");
  await person.start();
  const { runId } = await person.until("a wait", isWaiting);
  expect((await person.pods()).map(({ metadata }) => metadata.uid)).toEqual([runId]);
});
