import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { orderFor, type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import { ShiftedClock } from "#tests/shifted-clock.ts";
import type { ServerRef } from "./spawner.ts";

const never = new AbortController().signal;

describe.each([true, false])("stopping a pod (watched: %s)", (watched) => {
  let it: SpawnerUnderTest;
  let clock: ShiftedClock;

  beforeEach(async () => {
    clock = new ShiftedClock();
    it = await startSpawnerUnderTest({ clock });
    if (!watched) return;
    it.watch();
    await expect.poll(() => it.api.watches.count("pods")).toBe(1);
  });
  afterEach(async () => {
    await it.stop();
  });

  async function started(generation: number): Promise<ServerRef> {
    const { ref } = orderFor({ generation });
    await it.spawner.start(orderFor({ generation }), never);
    return { ...ref, runId: it.api.pods.named("jupyter-ana").metadata.uid };
  }
  const stop = async (ref: ServerRef) => (await it.spawner.stop(ref, never)).kind;
  const runs = () => it.api.pods.all().map(({ metadata }) => metadata.uid);
  const deletions = () => it.api.writesAndReads().filter((call) => call === "delete pods").length;

  test("R-05: a stop of run n that comes after start n+1 never deletes that pod", async () => {
    const first = await started(1);
    it.api.pods.kill("jupyter-ana");
    const second = await started(2);
    expect(await stop(first)).toBe("gone");
    expect(await stop({ ...first, runId: null })).toBe("gone");
    expect(runs()).toEqual([second.runId]);
  });

  test("R-05: a start that slips in between the look and the delete is spared by its UID", async () => {
    const first = await started(1);
    it.api.faults.add({ verb: "delete", resource: "pods" }, { kind: "hang" });
    const stopping = stop({ ...first, runId: null });
    await expect.poll(deletions).toBe(1);
    it.api.pods.kill("jupyter-ana");
    const second = await started(2);
    it.api.faults.release();
    await stopping;
    expect(runs()).toEqual([second.runId]);
  });

  test("a stop without a run takes what there is of this start or an older one", async () => {
    const first = await started(1);
    expect(await stop({ ...first, generation: 3, runId: null })).toBe("stopping");
    expect(runs()).toEqual([]);
  });

  test("R-05: double stop, and a stop of what was never there, are success", async () => {
    const first = await started(1);
    await stop(first);
    await expect.poll(() => stop(first)).toBe("gone");
    expect(await stop({ ...first, runId: null })).toBe("gone");
    expect(deletions()).toBe(1);
  });

  test("a pod that takes its time is asked once, and waited for", async () => {
    it.api.pods.slowToEnd = true;
    const first = await started(1);
    for (let asked = 0; asked < 5; asked++) expect(await stop(first)).toBe("stopping");
    expect(deletions()).toBe(1);
    it.api.pods.finishDeleting("jupyter-ana");
    await expect.poll(() => stop(first)).toBe("gone");
  });

  test("F-20: a pod that hangs in a pull doesn't hang the stop: one that never ran is taken away after a while", async () => {
    it.api.pods.slowToEnd = true;
    const first = await started(1);
    it.api.pods.setWaiting("jupyter-ana", "ContainerCreating");
    expect(await stop(first)).toBe("stopping");
    clock.advance(6);
    expect(await stop(first)).toBe("stopping");
    expect(runs()).toEqual([]);
    await expect.poll(() => stop(first)).toBe("gone");
  });

  test("a pod that ran, or whose machine hasn't spoken of it, keeps its time to end", async () => {
    it.api.pods.slowToEnd = true;
    const first = await started(1);
    await stop(first);
    for (const say of [() => undefined, () => it.api.pods.setRunning("jupyter-ana", "127.0.0.1")]) {
      say();
      clock.advance(6);
      for (let asked = 0; asked < 3; asked++) expect(await stop(first)).toBe("stopping");
    }
    expect(deletions()).toBe(1);
    expect(runs()).toEqual([first.runId]);
  });

  test("F-09: somebody else's pod under the name is never deleted", async () => {
    it.api.store.create("pods", "berth", { metadata: { name: "jupyter-ana" } });
    expect(await stop(orderFor().ref)).toBe("gone");
    expect(deletions()).toBe(0);
  });

  test.each(["applied-but", "applied-but-reset"] as const)(
    "F-10: a delete whose answer was lost (%s) is seen to be done",
    async (kind) => {
      const first = await started(1);
      it.api.faults.add({ verb: "delete" }, kind === "applied-but" ? { kind, status: 504 } : { kind });
      await expect(it.spawner.stop(first, never)).rejects.toMatchObject({ code: "unavailable" });
      await expect.poll(() => stop(first)).toBe("gone");
    },
  );

  test("F-04: while the API server is away a stop says so; nothing is called gone", async () => {
    const first = await started(1);
    await it.api.down();
    await expect(it.spawner.stop(first, never)).rejects.toMatchObject({ code: "unavailable" });
    await expect(it.spawner.observe(first, never)).rejects.toMatchObject({ code: "unavailable" });
    await expect(it.spawner.observeAll(never)).rejects.toMatchObject({ code: "unavailable" });
    await it.api.up();
    expect((await it.spawner.observe(first, never)).kind).toBe("waiting");
  });

  test("the secret goes with its pod, the home stays", async () => {
    const first = await started(1);
    await stop(first);
    expect(it.api.store.list("secrets", "berth")).toEqual([]);
    expect(it.api.store.list("persistentvolumeclaims", "berth")).toHaveLength(1);
  });
});
