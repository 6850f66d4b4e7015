import { afterEach, describe, expect, inject, test } from "vitest";
import { backendState } from "#server/spawner/backend-outage.ts";
import { startComponent, stopComponent } from "./cluster.ts";
import { createInstallation, type Installation } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";
import { Requests, readyPeople, sumOf } from "./requests.ts";

let it: Installation;

afterEach(async () => await it.remove());

describe("the API server away for thirty seconds", () => {
  test("F-04, F-07: what runs goes on and is never called stopped; what was wished and what happened meanwhile is made good", async () => {
    // Without homes: what provides volumes here takes a minute more than the rest to notice that the API server is back.
    it = await createInstallation(inject("kubeconfig"), { singleuser: { storage: { type: "none" } } });
    const requests = new Requests();
    const { hub, people } = await readyPeople(it, requests, "ana", "ben", "cyn");
    const [ana, ben, cyn] = people as [Person, Person, Person];
    const dan = await Person.create(it, hub, "dan");
    const before = await ana.row();
    requests.take();
    await stopComponent("apiserver");
    const stoppedAt = performance.now();
    try {
      await dan.start();
      await ben.stop();
      await cyn.ask("/exit").catch(() => undefined);
      await waitFor("thirty seconds", 60, async () => {
        expect((await ana.row()).phase).toBe("ready");
        expect((await cyn.row()).phase).toBe("ready");
        return performance.now() - stoppedAt > 30_000;
      });
      expect((await ana.ask("/")).ok).toBe(true);
      expect(await dan.row()).toMatchObject({ phase: "queued", failure: null });
      expect((await backendState(hub.systemContext("test"))).awaySince, "what the pages say").not.toBeNull();
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
