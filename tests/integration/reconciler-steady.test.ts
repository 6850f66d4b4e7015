import { afterEach, beforeEach, expect, test } from "vitest";
import { createDb } from "#db/client.ts";
import { countByPhase } from "#db/servers.ts";
import { type Clock, systemClock } from "#server/clock.ts";
import { createLog } from "#server/log.ts";
import { startServer } from "#server/servers/start.ts";
import { Reconciler } from "#server/spawner/reconciler.ts";
import { noTimings } from "#server/timings.ts";
import { addUser, type HubUnderTest, startTestHub, until } from "#tests/fakes/hub-under-test.ts";

const servers = 40;
const speed = 60;

let t: HubUnderTest;
beforeEach(async () => {
  t = await startTestHub();
});
afterEach(() => t.stop());

/** A minute a second. */
const fast: Clock = {
  now: () => new Date(Date.now()),
  monotonicMs: () => performance.now() * speed,
  sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
};

test("at rest, what the reconciler asks of backend and database doesn't grow with what runs", async () => {
  for (let n = 0; n < servers; n++) {
    await addUser(t.hub, `user${n}`);
    await startServer(t.hub.systemContext("test"), { user: `user${n}`, name: "" });
  }
  await until(async () => (await countByPhase(t.hub.db)).get("ready") === servers, "all ready");
  await t.hub.reconciler.stop();

  const counted = createDb(t.databaseUrl, { maxConnections: 4 });
  let queries = 0;
  const calls: string[] = [];
  counted.pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (...args: unknown[]) => {
        queries += 1;
        return query(...args);
      },
    });
  });
  t.spawner.before = (call) => calls.push(call);
  const reconciler = new Reconciler({
    ...{ db: counted.db, spawner: t.spawner, clock: fast, log: createLog("test", "silent"), timings: noTimings },
    ...{ holder: "steady", concurrentSpawnLimit: 8, readyPathFor: () => "/" },
    orderFor: () => Promise.reject(new Error("nothing is to be started")),
    onSpawned: async () => undefined,
  });
  reconciler.start();
  await until(async () => reconciler.leading && calls.includes("observeAll"), "the first list");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const [before, callsBefore] = [queries, calls.length];
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const aMinute = (queries - before) / 5;
  expect(
    calls.slice(callsBefore).every((call) => call === "observeAll"),
    "nothing is looked at one by one",
  ).toBe(true);
  expect(calls.length - callsBefore).toBeLessThanOrEqual(2);
  // Twenty renewals of the lease, twelve scans of two reads, one heartbeat; the rest is the list now and then.
  expect(aMinute).toBeGreaterThan(10);
  expect(aMinute).toBeLessThanOrEqual(60);
  await reconciler.stop();
  await counted.close();
});
