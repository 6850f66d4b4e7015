import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { orderFor, type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import type { KeptHome } from "./spawner.ts";

const never = new AbortController().signal;

describe("a home that is removed for good", () => {
  let it: SpawnerUnderTest;
  let home: KeptHome;

  beforeEach(async () => {
    it = await startSpawnerUnderTest();
    const order = orderFor();
    const outcome = await it.spawner.start(order, never);
    if (outcome.kind !== "started" || order.home === null) throw new Error("no home");
    it.api.pods.kill("jupyter-ana");
    home = { homeId: order.home.homeId, namespace: "berth", name: order.home.name, claimUid: outcome.homeUid };
  });
  afterEach(async () => {
    await it.stop();
  });
  const isThere = () => it.api.store.get("persistentvolumeclaims", "berth", home.name) !== undefined;

  test("goes by the UID its files were kept under, and is gone when asked again", async () => {
    expect(await it.spawner.removeHome(home)).toBe("going");
    expect(isThere()).toBe(false);
    expect(await it.spawner.removeHome(home)).toBe("gone");
  });

  test("S-72: leaves another claim of the same name alone", async () => {
    expect(await it.spawner.removeHome({ ...home, claimUid: "another-uid" })).toBe("gone");
    expect(await it.spawner.removeHome({ ...home, claimUid: null, homeId: "another-home" })).toBe("gone");
    expect(isThere()).toBe(true);
  });

  test("goes by the label that names it, when nobody wrote its UID down", async () => {
    expect(await it.spawner.removeHome({ ...home, claimUid: null })).toBe("going");
    expect(isThere()).toBe(false);
  });
});
