import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { serverRuns } from "#db/schema/runs.ts";
import { createLog } from "#server/log.ts";
import { RunTimes } from "#server/spawner/run-times.ts";
import type { Observation, Sighting } from "#server/spawner/spawner.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { ManualClock } from "#tests/manual-clock.ts";

const minuteMs = 60_000;
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

let clock: ManualClock;
let ledger: RunTimes;
beforeEach(() => {
  clock = new ManualClock();
  ledger = newTerm();
});

function newTerm(): RunTimes {
  const log = createLog("test", "silent");
  return new RunTimes({ db: database.db, clock, log, source: "pod" }, new AbortController().signal);
}

const ago = (minutes: number) => new Date(clock.now().getTime() - minutes * minuteMs);

async function makeRun(): Promise<string> {
  const serverId = randomUUID();
  await database.db.insert(serverRuns).values({
    serverId,
    userId: randomUUID(),
    generation: 1,
    profileSlug: "small",
    cpuMillicores: 1000,
    memoryBytes: 1,
    wishedAt: ago(60),
  });
  return serverId;
}

const sighting = (serverId: string, observation: Observation, generation = 1): Sighting => ({
  ref: { serverId, generation, namespace: "n", objectName: "o", runId: "run" },
  observation,
});
const running = (since: Date): Observation => ({
  kind: "running",
  runId: "run",
  target: { kind: "tcp", host: "127.0.0.1", port: 1 },
  since,
});
const failure = { reason: "crashed", publicMessage: "", detail: "" } as const;

async function rowOf(serverId: string) {
  const [row] = await database.db.select().from(serverRuns).where(eq(serverRuns.serverId, serverId));
  return { startedAt: row?.startedAt, finishedAt: row?.finishedAt, timesFrom: row?.timesFrom };
}

describe("a run is charged", () => {
  test("from the pod's own start to the pod's own end, when both are known", async () => {
    const id = await makeRun();
    await ledger.reconcile([sighting(id, running(ago(30)))], clock.now());
    const ended = sighting(id, { kind: "exited", runId: "run", failure, at: ago(5), startedAt: ago(30) });
    await ledger.reconcile([ended], clock.now());
    expect(await rowOf(id)).toEqual({ startedAt: ago(30), finishedAt: ago(5), timesFrom: "pod" });
  });

  test("until it was seen gone, and the row says that this was observed", async () => {
    const id = await makeRun();
    await ledger.reconcile([sighting(id, running(ago(30)))], clock.now());
    const gone = newTerm();
    gone.saw(sighting(id, { kind: "absent" }));
    await gone.reconcile([], ago(60));
    expect(await rowOf(id)).toEqual({ startedAt: ago(30), finishedAt: clock.now(), timesFrom: "observation" });
  });

  test("until it was last seen running, when it ended while no hub looked", async () => {
    const id = await makeRun();
    await ledger.reconcile([sighting(id, running(ago(30)))], clock.now());
    await ledger.heartbeat([sighting(id, running(ago(30)))]);
    const seen = clock.now();
    clock.advance(20 * 60);
    await newTerm().reconcile([], clock.now());
    expect(await rowOf(id)).toMatchObject({ finishedAt: seen, timesFrom: "observation" });
  });

  test("on, when a new hub finds it still running", async () => {
    const id = await makeRun();
    await ledger.reconcile([sighting(id, running(ago(30)))], clock.now());
    await newTerm().reconcile([sighting(id, running(ago(30)))], clock.now());
    expect(await rowOf(id)).toMatchObject({ startedAt: ago(30), finishedAt: null });
  });

  test("also when it crashed before anybody saw it run", async () => {
    const id = await makeRun();
    await ledger.reconcile(
      [sighting(id, { kind: "exited", runId: "run", failure, at: ago(1), startedAt: ago(2) })],
      clock.now(),
    );
    expect(await rowOf(id)).toMatchObject({ startedAt: ago(2), finishedAt: ago(1) });
  });

  test("nothing for what never ran, and nothing twice", async () => {
    const id = await makeRun();
    await ledger.reconcile([sighting(id, { kind: "exited", runId: "run", failure, at: ago(1) })], clock.now());
    expect(await rowOf(id)).toMatchObject({ startedAt: null, finishedAt: null });
    const other = await makeRun();
    for (const minutes of [9, 8]) {
      const exited: Observation = {
        kind: "exited",
        runId: "run",
        failure,
        at: ago(minutes),
        startedAt: ago(20 - minutes),
      };
      await newTerm().reconcile([sighting(other, exited)], clock.now());
    }
    expect(await rowOf(other)).toMatchObject({ startedAt: ago(11), finishedAt: ago(9) });
  });

  test("never for less than no time, whatever the clocks say", async () => {
    const id = await makeRun();
    const exited: Observation = { kind: "exited", runId: "run", failure, at: ago(9), startedAt: ago(2) };
    await ledger.reconcile([sighting(id, exited)], clock.now());
    expect(await rowOf(id)).toMatchObject({ startedAt: ago(2), finishedAt: ago(2) });
  });
});
