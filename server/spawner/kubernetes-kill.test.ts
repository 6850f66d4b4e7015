import { describe, expect, test } from "vitest";
import { until } from "#tests/contract/spawner.contract.ts";
import { orderFor, type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import type { Spawner } from "./spawner.ts";

const never = new AbortController().signal;

/** A hub that is killed at its nth word to the API server: before it is sent, or after it was carried out. */
function killedAt(point: number): {
  readonly seen: string[];
  around<T>(call: object, run: () => Promise<T>): Promise<T>;
} {
  const seen: string[] = [];
  let at = 0;
  const die = (word: string) => {
    seen.push(word);
    if (at++ >= point) throw new Error("killed");
  };
  return {
    seen,
    around: async (call, run) => {
      const { verb, kind } = call as { verb: string; kind: string };
      die(`before ${verb} ${kind}`);
      return await run().finally(() => die(`after ${verb} ${kind}`));
    },
  };
}

/** Asks again as the reconciler would. False: the hub was killed on the way. */
async function finishes(act: () => Promise<string>, done: string): Promise<boolean> {
  try {
    await until(async () => (await act()) === done, done);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message === "killed") return false;
    throw error;
  }
}

type Scene = {
  readonly title: string;
  prepare(it: SpawnerUnderTest): Promise<void>;
  act(spawner: Spawner): Promise<string>;
  readonly done: string;
  readonly pods: number;
};

const scenes: readonly Scene[] = [
  {
    title: "a first start",
    prepare: async () => undefined,
    act: async (spawner) => (await spawner.start(orderFor(), never)).kind,
    done: "started",
    pods: 1,
  },
  {
    title: "a start over the pod of an older one",
    prepare: async ({ spawner }) => void (await spawner.start(orderFor(), never)),
    act: async (spawner) => (await spawner.start(orderFor({ generation: 2 }), never)).kind,
    done: "started",
    pods: 1,
  },
  {
    title: "a stop",
    prepare: async ({ spawner }) => void (await spawner.start(orderFor(), never)),
    act: async (spawner) => (await spawner.stop(orderFor().ref, never)).kind,
    done: "gone",
    pods: 0,
  },
];

describe("R-03: the hub killed before and after every Kubernetes call", () => {
  test.each(scenes)("of $title: the next hub ends where it should, with one pod or none", async (scene) => {
    let points = 0;
    for (let finished = false; !finished; points++) {
      const it = await startSpawnerUnderTest();
      await scene.prepare(it);
      const uidBefore = it.api.pods.all()[0]?.metadata.uid;
      const kill = killedAt(points);
      const doomed = await it.another({ around: kill.around });
      finished = await finishes(() => scene.act(doomed), scene.done);
      const next = await it.another();
      expect(await finishes(() => scene.act(next), scene.done)).toBe(true);
      const pods = it.api.pods.all();
      expect(pods, `killed at ${kill.seen.at(-1)}`).toHaveLength(scene.pods);
      const owners = it.api.store.list("secrets", "berth").map(({ metadata }) => metadata.ownerReferences?.[0]?.uid);
      expect(owners).toEqual(pods.map(({ metadata }) => metadata.uid));
      expect(it.api.store.list("persistentvolumeclaims", "berth")).toHaveLength(1);
      if (scene.title.includes("older")) expect(pods[0]?.metadata.uid).not.toBe(uidBefore);
      await it.stop();
    }
    console.log(`${scene.title}: ${points - 1} kill points`);
    expect(points).toBeGreaterThan(3);
  });
});
