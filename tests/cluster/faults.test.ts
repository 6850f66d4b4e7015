import { afterEach, describe, expect, inject, test } from "vitest";
import type { Target } from "#server/spawner/spawner.ts";
import { startComponent, stopComponent } from "./cluster.ts";
import { createInstallation, type Installation, listed } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

let it: Installation;

afterEach(async () => await it.remove());

type Asked = { readonly what: string; readonly status: number };

/** Every request a hub makes of the API server. */
class Requests {
  #all: Asked[] = [];

  readonly onRequest = (verb: string, kind: string, status: number): void => {
    this.#all.push({ what: `${verb} ${kind}`, status });
  };

  /** What was asked since the last look, counted by verb and kind. */
  take(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { what } of this.#all) counts[what] = (counts[what] ?? 0) + 1;
    this.#all = [];
    return counts;
  }
}

const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);

async function readyPeople<const N extends readonly string[]>(requests: Requests, ...names: N) {
  const hub = await it.hub(requests);
  const people = await Promise.all(names.map((name) => Person.create(it, hub, name)));
  await Promise.all(people.map((person) => person.start()));
  await Promise.all(people.map((person) => person.reaches("ready")));
  return { hub, people };
}

function urlOf(target: unknown, path: string): string {
  const { host, port } = target as Extract<Target, { kind: "tcp" }>;
  return `http://${host}:${port}${path}`;
}

async function only<T>([one]: readonly T[]): Promise<T> {
  if (one === undefined) throw new Error("there is none");
  return one;
}

/** As `kubectl delete pod`. */
async function deletePod(person: Person): Promise<void> {
  const { metadata } = await only(await person.pods());
  await it.api.call("DELETE", `/api/v1/namespaces/${it.namespace}/pods/${metadata.name}`);
}

describe("what happens to pods behind Berth's back", () => {
  test("F-25: a pod deleted with kubectl is a failure within ten seconds, is not started again, and leaves its home", async () => {
    it = await createInstallation(inject("kubeconfig"));
    const requests = new Requests();
    const { people } = await readyPeople(requests, "ana", "ben");
    const [ana, ben] = people as [Person, Person];
    const bens = await ben.row();
    requests.take();
    await deletePod(ana);
    const { failure } = await ana.reaches("failed", 10);
    expect(failure).toMatchObject({ reason: "gone" });
    await ana.leavesNothing();
    expect(await listed(it, "persistentvolumeclaims")).toHaveLength(2);
    expect(requests.take()["create pods"]).toBeUndefined();
    expect(await ben.row()).toMatchObject({ phase: "ready", runId: bens.runId });
    await ana.start();
    await ana.reaches("ready");
  });

  test("F-08: what went while the connection was cut is noticed when it is back; what runs was never called stopped", async () => {
    it = await createInstallation(inject("kubeconfig"), { behindProxy: true });
    const requests = new Requests();
    const { hub, people } = await readyPeople(requests, "ana", "ben", "cyn");
    const [ana, ben, cyn] = people as [Person, Person, Person];
    requests.take();
    it.proxy?.cut();
    await waitFor("the hub says that its view is old", 30, () => hub.reconciler.staleSince !== null);
    await deletePod(ana);
    await waitFor("the pod is gone", 30, async () => (await ana.pods()).length === 0);
    expect((await ana.row()).phase).toBe("ready");
    await fetch(urlOf((await ben.row()).target, "/exit")).catch(() => undefined);
    it.proxy?.join();
    expect((await ana.reaches("failed", 20)).failure).toMatchObject({ reason: "gone" });
    expect((await ben.reaches("failed", 20)).failure).toMatchObject({ reason: "crashed", exitCode: 9 });
    await waitFor("the view is fresh", 30, () => hub.reconciler.staleSince === null);
    expect((await cyn.row()).phase).toBe("ready");
    it.proxy?.breakConnections();
    await cyn.stop();
    await cyn.reaches("stopped");
    const counts = requests.take();
    console.info("F-08: requests through a cut and a break:", counts);
    // The watches go on from where they were: nothing is listed but by the resync.
    expect(counts["list pods"] ?? 0).toBeLessThanOrEqual(2);
    expect(sumOf(counts)).toBeLessThanOrEqual(60);
  });

  test("F-08, F-04: packets to the API server get lost without a word: within a minute the hub says so; nothing is called stopped, a start waits, and all is made good", async () => {
    it = await createInstallation(inject("kubeconfig"), { behindProxy: true });
    const requests = new Requests();
    const { hub, people } = await readyPeople(requests, "ana", "ben");
    const [ana, ben] = people as [Person, Person];
    const cyn = await Person.create(it, hub, "cyn");
    const bens = await ben.row();
    requests.take();
    it.proxy?.freeze();
    const lostAt = performance.now();
    await cyn.start();
    await deletePod(ana);
    // A minute of silence, and the next look at it.
    await waitFor("the hub says that its view is old", 70, () => hub.reconciler.staleSince !== null);
    console.info("F-08: noticed after", Math.round((performance.now() - lostAt) / 1000), "s");
    expect((await ana.row()).phase).toBe("ready");
    expect((await fetch(urlOf(bens.target, "/"))).ok).toBe(true);
    expect(await cyn.row()).toMatchObject({ desired: "running", failure: null });
    expect(await hub.ready(), "its own health looks at no API server").toBe(true);
    const away = requests.take();
    console.info("F-08: requests while packets were lost:", away);
    expect(sumOf(away)).toBeLessThanOrEqual(120);
    it.proxy?.thaw();
    await cyn.reaches("ready", 60);
    expect((await ana.reaches("failed", 60)).failure).toMatchObject({ reason: "gone" });
    expect(await ben.row()).toMatchObject({ phase: "ready", runId: bens.runId });
    await waitFor("the view is fresh", 60, () => hub.reconciler.staleSince === null);
  });
});

describe("the API server away for thirty seconds", () => {
  test("F-04, F-07: what runs goes on and is never called stopped; what was wished and what happened meanwhile is made good", async () => {
    // Without homes: what provides volumes here takes a minute more than the rest to notice that the API server is back.
    it = await createInstallation(inject("kubeconfig"), { singleuser: { storage: { type: "none" } } });
    const requests = new Requests();
    const { hub, people } = await readyPeople(requests, "ana", "ben", "cyn");
    const [ana, ben, cyn] = people as [Person, Person, Person];
    const dan = await Person.create(it, hub, "dan");
    const before = await ana.row();
    requests.take();
    await stopComponent("apiserver");
    const stoppedAt = performance.now();
    try {
      await dan.start();
      await ben.stop();
      await fetch(urlOf((await cyn.row()).target, "/exit")).catch(() => undefined);
      await waitFor("thirty seconds", 60, async () => {
        expect((await ana.row()).phase).toBe("ready");
        expect((await cyn.row()).phase).toBe("ready");
        return performance.now() - stoppedAt > 30_000;
      });
      expect((await fetch(urlOf(before.target, "/"))).ok).toBe(true);
      expect((await dan.row()).failure).toBeNull();
      expect((await ben.row()).phase).toBe("stopping");
      expect(hub.reconciler.staleSince).not.toBeNull();
      const away = requests.take();
      console.info("F-04: requests in thirty seconds without an API server:", away, sumOf(away));
      // A start and a stop that are tried again every second or two, and watches that back off.
      expect(sumOf(away)).toBeLessThanOrEqual(200);
    } finally {
      await startComponent("apiserver");
    }
    await dan.reaches("ready", 90);
    await ben.reaches("stopped", 90);
    await ben.leavesNothing();
    expect((await cyn.reaches("failed", 90)).failure).toMatchObject({ reason: "crashed", exitCode: 9 });
    expect(await ana.row()).toMatchObject({ phase: "ready", runId: before.runId });
    await waitFor("the view is fresh", 30, () => hub.reconciler.staleSince === null);
    const back = requests.take();
    console.info("F-07: requests until all was well again:", back, sumOf(back));
    expect(back["list pods"]).toBeLessThanOrEqual(6);
    expect(back["create pods"]).toBe(1);
  });
});
