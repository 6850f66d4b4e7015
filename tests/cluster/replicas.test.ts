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

test("R-01: two hubs asked for the same servers at once make one pod, one home and one secret each; either can stop them", async () => {
  const [first, second] = hubs;
  if (first === undefined || second === undefined) throw new Error("there are to be two hubs");
  const names = Array.from({ length: 10 }, (_, n) => `u${n}`);
  const people = await Promise.all(names.map((name) => Person.create(it, first, name)));
  const seenBySecond = names.map((name) => new Person(it, second, name));
  await Promise.all([...people, ...seenBySecond].map((person) => person.start()));
  await Promise.all(people.map((person) => person.until("a wait", ({ waitPhase }) => waitPhase === "scheduling")));
  for (const kind of ["pods", "secrets", "persistentvolumeclaims"]) {
    expect(await listed(it, kind)).toHaveLength(names.length);
    expect(made.filter((one) => one === kind)).toHaveLength(names.length);
  }
  await Promise.all([...people, ...seenBySecond].map((person) => person.stop()));
  await Promise.all(people.map((person) => person.reaches("stopped")));
  expect(await listed(it, "pods")).toEqual([]);
});

test("R-02: when the hub that leads goes, the other one carries on", async () => {
  const leader = hubs.find((hub) => hub.reconciler.leading);
  const other = hubs.find((hub) => hub !== leader);
  if (leader === undefined || other === undefined) throw new Error("one of the two is to lead");
  await leader.stop();
  const person = new Person(it, other, "u0");
  await person.start();
  const { runId } = await person.until("a wait", ({ waitPhase }) => waitPhase === "scheduling");
  expect((await person.pods()).map(({ metadata }) => metadata.uid)).toEqual([runId]);
});
