import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reclaimPolicyKey } from "#k8s/labels.ts";
import type { KubeJson } from "#tests/fakes/kube-api-store.ts";
import { orderFor, type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import { neededRights, rightsToVolumes } from "./kubernetes-rights.ts";
import type { KeptHome } from "./spawner.ts";

const never = new AbortController().signal;

describe("the volume of a home whose group is gone", () => {
  let it: SpawnerUnderTest;
  let home: KeptHome;

  beforeEach(async () => {
    it = await startSpawnerUnderTest();
    const order = orderFor();
    const outcome = await it.spawner.start(order, never);
    if (outcome.kind !== "started" || order.home === null) throw new Error("no home");
    home = { homeId: order.home.homeId, namespace: "berth", name: order.home.name, claimUid: outcome.homeUid };
  });
  afterEach(async () => {
    await it.stop();
  });

  /** What the provisioner does with a claim. */
  function bind(policy: "Delete" | "Retain", claimUid = home.claimUid): void {
    const claim = it.api.store.get("persistentvolumeclaims", "berth", home.name);
    if (claim === undefined) throw new Error("no claim");
    it.api.store.update("persistentvolumeclaims", {
      ...claim,
      spec: { ...(claim.spec as object), volumeName: "pv-1" },
    });
    const volume = {
      metadata: { name: "pv-1", annotations: { "pv.kubernetes.io/provisioned-by": "csi" } },
      spec: {
        persistentVolumeReclaimPolicy: policy,
        claimRef: { namespace: "berth", name: home.name, uid: claimUid },
        csi: { driver: "csi", volumeHandle: "handle-1" },
      },
    };
    it.api.store.create("persistentvolumes", null, volume);
  }
  const volume = (): KubeJson => {
    const found = it.api.store.get("persistentvolumes", null, "pv-1");
    if (found === undefined) throw new Error("no volume");
    return found;
  };
  const policy = () => (volume().spec as { persistentVolumeReclaimPolicy: string }).persistentVolumeReclaimPolicy;
  const retain = () => it.spawner.retainHome?.(home);
  const writes = () =>
    it.api.requests.filter(({ verb, plural }) => verb === "update" && plural === "persistentvolumes");

  test("is set to Retain, once, and nothing else of it changes", async () => {
    bind("Delete");
    const before = volume();
    expect(await retain()).toBe("retained");
    expect(await retain()).toBe("retained");
    expect(writes()).toHaveLength(1);
    expect(volume().spec).toEqual({ ...(before.spec as object), persistentVolumeReclaimPolicy: "Retain" });
    expect(volume().metadata.annotations).toEqual({
      "pv.kubernetes.io/provisioned-by": "csi",
      [reclaimPolicyKey]: "Delete",
    });
  });

  test("goes with its home all the same once an admin removes that: it gets back what the storage class said", async () => {
    bind("Delete");
    await retain();
    expect(await it.spawner.removeHome(home)).toBe("going");
    expect(policy()).toBe("Delete");
    expect(volume().metadata.annotations).toEqual({ "pv.kubernetes.io/provisioned-by": "csi" });
    expect(it.api.store.get("persistentvolumeclaims", "berth", home.name)).toBeUndefined();
  });

  test("that a storage class retains anyway is left as it is, also when its home is removed", async () => {
    bind("Retain");
    expect(await retain()).toBe("retained");
    await it.spawner.removeHome(home);
    expect(policy()).toBe("Retain");
    expect(writes()).toEqual([]);
  });

  test("S-38: of another claim is left alone, and so is a claim of another UID", async () => {
    bind("Delete", "another-claim");
    expect(await retain()).toBe("no-volume");
    expect(await it.spawner.retainHome?.({ ...home, claimUid: "another-uid" })).toBe("no-volume");
    expect(policy()).toBe("Delete");
  });

  test("S-73: takes only the rights that are documented for it", async () => {
    bind("Delete");
    const before = it.api.requests.length;
    await retain();
    await it.spawner.removeHome(home);
    const used = it.api.requests.slice(before).filter(({ verb }) => verb !== "watch");
    const allowed = [...neededRights, ...rightsToVolumes].flatMap(({ resource, verbs }) =>
      verbs.map((verb) => `${verb} ${resource}`),
    );
    expect(used.map(({ verb, resource }) => `${verb} ${resource}`).filter((one) => !allowed.includes(one))).toEqual([]);
  });

  test("doesn't exist before its home was used", async () => {
    expect(await retain()).toBe("no-volume");
  });

  test("S-73: stays as it is where the hub has no right to volumes; the home can be removed without it", async () => {
    bind("Delete");
    const no = { kind: "answer", status: 403, reason: "Forbidden", message: "no" } as const;
    it.api.faults.add({ resource: "persistentvolumes" }, no, 100);
    expect(await retain()).toBe("not-allowed");
    expect(policy()).toBe("Delete");
    expect(await it.spawner.removeHome(home)).toBe("going");
  });

  test("changed by somebody else meanwhile is an error, and the next look does it", async () => {
    bind("Delete");
    const modified = {
      kind: "answer",
      status: 409,
      reason: "Conflict",
      message: "the object has been modified",
    } as const;
    it.api.faults.add({ verb: "update", resource: "persistentvolumes" }, modified);
    await expect(retain()).rejects.toThrow("409");
    expect(await retain()).toBe("retained");
    expect(policy()).toBe("Retain");
  });
});
