import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeJson } from "#tests/fakes/kube-api-store.ts";
import { orderFor, type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import type { SpawnFailure, StartOutcome } from "./spawner.ts";

const never = new AbortController().signal;

describe("the home of a server", () => {
  let it: SpawnerUnderTest;
  let homeUid: string;

  beforeEach(async () => {
    it = await startSpawnerUnderTest();
    const outcome = await it.spawner.start(orderFor(), never);
    if (outcome.kind !== "started" || outcome.homeUid === null) throw new Error("no home");
    homeUid = outcome.homeUid;
    it.api.pods.kill("jupyter-ana");
  });
  afterEach(async () => {
    await it.stop();
  });

  const claim = (): KubeJson => {
    const found = it.api.store.get("persistentvolumeclaims", "berth", "claim-ana");
    if (found === undefined) throw new Error("no claim");
    return found;
  };
  const again = (home = { claimUid: homeUid as string | null, usedBefore: true }) =>
    it.spawner.start(orderFor({ generation: 2, home }), never);
  const failureOf = (outcome: StartOutcome): SpawnFailure | undefined =>
    outcome.kind === "refused" ? outcome.failure : undefined;
  const seesClaims = () => it.api.watches.count("persistentvolumeclaims") === 1;

  test("is the same claim at every start", async () => {
    for (let generation = 2; generation < 12; generation++) {
      expect(
        await it.spawner.start(orderFor({ generation, home: { claimUid: homeUid, usedBefore: true } }), never),
      ).toEqual({
        kind: "started",
        homeUid,
      });
      it.api.pods.kill("jupyter-ana");
    }
    expect(it.api.store.list("persistentvolumeclaims", "berth")).toHaveLength(1);
  });

  test.each([true, false])(
    "F-23: one that was used and is gone is said to be missing; no empty one takes its place (watched: %s)",
    async (watched) => {
      if (watched) {
        it.watch();
        await expect.poll(seesClaims).toBe(true);
      }
      it.api.store.remove("persistentvolumeclaims", claim());
      // Until the watch has heard of it, a pod may be made; it can't start without its claim.
      await expect.poll(async () => failureOf(await again())?.reason).toBe("storage-missing");
      expect(failureOf(await again({ claimUid: null, usedBefore: true }))?.reason).toBe("storage-missing");
      expect(it.api.store.list("persistentvolumeclaims", "berth")).toEqual([]);
      if (!watched) expect(it.api.pods.all()).toEqual([]);
    },
  );

  test("F-35: another claim under the same name is not taken for it", async () => {
    const before = claim();
    it.api.store.remove("persistentvolumeclaims", before);
    it.api.store.create("persistentvolumeclaims", "berth", before);
    const failure = failureOf(await again());
    expect(failure?.reason).toBe("storage-missing");
    expect(failure?.detail).toContain(homeUid);
  });

  test("F-23: a volume that is lost is a missing home; one on its way out can't be used", async () => {
    it.api.store.update("persistentvolumeclaims", { ...claim(), status: { phase: "Lost" } });
    expect(failureOf(await again())?.reason).toBe("storage-missing");
    const going = claim();
    it.api.store.update("persistentvolumeclaims", {
      ...going,
      status: { phase: "Bound" },
      metadata: { ...going.metadata, deletionTimestamp: new Date().toISOString() },
    });
    expect(failureOf(await again())?.reason).toBe("storage");
  });

  test("a claim of another home is a conflict, even for one that was never used", async () => {
    const outcome = await it.spawner.start(orderFor({ generation: 2, home: { homeId: "another-home" } }), never);
    expect(failureOf(outcome)?.reason).toBe("conflict");
  });

  test("z2jh's claim of the same user and server is found again; another user's is not", async () => {
    const z2jh = (name: string, owner: string) =>
      it.api.store.create("persistentvolumeclaims", "berth", {
        metadata: {
          name,
          labels: { app: "jupyterhub", component: "singleuser-storage", heritage: "jupyterhub" },
          annotations: { "hub.jupyter.org/username": owner },
        } as { name: string },
      });
    const made = z2jh("claim-ben", "ben");
    const outcome = await it.spawner.start(orderFor({ serverId: "server-ben", name: "ben" }), never);
    expect(outcome).toEqual({ kind: "started", homeUid: made.metadata.uid });
    z2jh("claim-eve", "somebody-else");
    expect(failureOf(await it.spawner.start(orderFor({ serverId: "server-eve", name: "eve" }), never))?.reason).toBe(
      "conflict",
    );
  });

  test("one that is watched costs no request", async () => {
    it.watch();
    await expect.poll(seesClaims).toBe(true);
    it.api.requests.length = 0;
    await again();
    expect(it.api.writesAndReads()).toEqual(["create pods", "create secrets"]);
  });
});
