import { afterEach, describe, expect, inject, test } from "vitest";
import { backendState } from "#server/spawner/backend-outage.ts";
import { createInstallation, type Installation, listed } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";
import { Requests, readyPeople, sumOf } from "./requests.ts";

let it: Installation;

afterEach(async () => await it.remove());

describe("what happens to pods behind Berth's back", () => {
  test("F-25: a pod deleted with kubectl is a failure within ten seconds, is not started again, and leaves its home", async () => {
    it = await createInstallation(inject("kubeconfig"));
    const requests = new Requests();
    const { people } = await readyPeople(it, requests, "ana", "ben");
    const [ana, ben] = people as [Person, Person];
    const bens = await ben.row();
    requests.take();
    await ana.deletePod();
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
    const { hub, people } = await readyPeople(it, requests, "ana", "ben", "cyn");
    const [ana, ben, cyn] = people as [Person, Person, Person];
    requests.take();
    it.proxy?.cut();
    await waitFor("the hub says that its view is old", 30, () => hub.reconciler.staleSince !== null);
    await ana.deletePod();
    await waitFor("the pod is gone", 30, async () => (await ana.pods()).length === 0);
    expect((await ana.row()).phase).toBe("ready");
    await ben.ask("/exit").catch(() => undefined);
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
    const { hub, people } = await readyPeople(it, requests, "ana", "ben");
    const [ana, ben] = people as [Person, Person];
    const cyn = await Person.create(it, hub, "cyn");
    const bens = await ben.row();
    requests.take();
    it.proxy?.freeze();
    const lostAt = performance.now();
    await cyn.start();
    await ana.deletePod();
    // A minute of silence, and the next look at it.
    await waitFor("the hub says that its view is old", 70, () => hub.reconciler.staleSince !== null);
    console.info("F-08: noticed after", Math.round((performance.now() - lostAt) / 1000), "s");
    expect((await ana.row()).phase).toBe("ready");
    expect((await ben.ask("/")).ok).toBe(true);
    expect(await cyn.row()).toMatchObject({ desired: "running", failure: null });
    expect((await backendState(hub.systemContext("test"))).awaySince, "what the pages say").not.toBeNull();
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
