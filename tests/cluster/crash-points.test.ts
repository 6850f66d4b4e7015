import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Hub } from "#server/hub.ts";
import { type Death, MortalHub } from "#tests/fakes/mortal-hub.ts";
import { createInstallation, type Installation } from "./installation.ts";
import { Person } from "./person.ts";
import { waitFor } from "./processes.ts";

/**
 * R-03 with a real database and a real API server: a point is one statement that writes or one call to Kubernetes. The servers ask for a
 * machine that isn't there, so that their pods come and go without waiting for a kubelet; hub-killed.test.ts has pods that run.
 */
let it: Installation;
let count = 0;

beforeAll(async () => {
  it = await createInstallation(inject("kubeconfig"), {
    singleuser: { nodeSelector: { none: "such" } },
  });
});
afterAll(async () => await it.remove());

async function withHub<T>(mortal: MortalHub, work: (hub: Hub) => Promise<T>): Promise<T> {
  // As if the time of the dead hub's lease had passed.
  await it.database.db.execute("update leases set expires_at = now() - interval '1 second'");
  const around = async <R>({ verb, kind }: { verb: string; kind: string }, run: () => Promise<R>) =>
    await mortal.call(`${verb} ${kind}`, run);
  const hub = await it.hub({ around }, mortal.openDatabase);
  await waitFor("the hub leads", 20, () => hub.reconciler.leading || mortal.dead);
  try {
    return await work(hub);
  } finally {
    await hub.stop().catch(() => undefined);
  }
}

const isWaiting = ({ phase, waitPhase }: { phase: string; waitPhase: string | null }) =>
  phase === "starting" && waitPhase === "scheduling";

async function startAndStop(hub: Hub, name: string, mortal: MortalHub): Promise<void> {
  try {
    const person = new Person(it, hub, name);
    await person.start();
    await person.until("the wait for a machine", (row) => mortal.dead || isWaiting(row));
    if (mortal.dead) return;
    await person.stop();
    await person.until("the stop", ({ phase }) => mortal.dead || phase === "stopped");
  } catch (error) {
    if (!mortal.dead) throw error;
  }
}

async function newPerson(): Promise<string> {
  const name = `p${count++}`;
  await withHub(new MortalHub(null), async (hub) => await Person.create(it, hub, name));
  return name;
}

/** The next hub makes what is wished true: one pod with its one secret, or nothing. */
async function isMadeGood(name: string, title: string): Promise<void> {
  await withHub(new MortalHub(null), async (hub) => {
    const person = new Person(it, hub, name);
    const row = await person.row().catch(() => undefined);
    if (row === undefined) return;
    if (row.desired === "running") {
      const { runId } = await person.until(`rest after death ${title}`, isWaiting);
      expect(
        (await person.pods()).map(({ metadata }) => metadata.uid),
        title,
      ).toEqual([runId]);
      expect(await person.leftovers(), title).toHaveLength(2);
      await person.stop();
    }
    await person.until(`the end after death ${title}`, ({ phase }) => phase === "stopped");
    expect(await person.pods(), title).toEqual([]);
  });
}

describe("R-03, F-01: a hub killed at every database write and every Kubernetes call of a start and a stop", () => {
  test("after a restart there is exactly one pod or none, as wished, and a bystander's pod was not touched", async () => {
    const bystander = await newPerson();
    const uid = await withHub(new MortalHub(null), async (hub) => {
      const person = new Person(it, hub, bystander);
      await person.start();
      return (await person.until("the bystander", isWaiting)).runId;
    });
    const name = await newPerson();
    const counting = new MortalHub(null);
    await withHub(counting, async (hub) => {
      counting.points.length = 0;
      await startAndStop(hub, name, counting);
    });
    const points = [...counting.points];
    const calls = points.filter((point) => !point.startsWith("sql "));
    console.info(
      `R-03: ${points.length} points in a start and a stop, ${calls.length} of them Kubernetes calls (${calls.join(", ")}), each with death before and after: ${points.length * 2} crashes`,
    );
    expect(calls).toEqual(expect.arrayContaining(["create pods", "create secrets", "delete pods"]));
    for (let at = 0; at < points.length; at++) {
      for (const when of ["before", "after"] as const) await crashAt({ at, when }, points[at] ?? "");
    }
    await withHub(new MortalHub(null), async (hub) => {
      const [pod] = await new Person(it, hub, bystander).pods();
      expect(pod?.metadata.uid).toBe(uid);
    });
  });
});

async function crashAt(death: Death, point: string): Promise<void> {
  const name = await newPerson();
  const mortal = new MortalHub(death);
  await withHub(mortal, async (hub) => {
    mortal.points.length = 0;
    await startAndStop(hub, name, mortal);
  }).catch((error: unknown) => {
    if (!mortal.dead) throw error;
  });
  await isMadeGood(name, `${death.when} point ${death.at} (${point})`);
}
