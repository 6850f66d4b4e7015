import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findServer } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { Hub } from "#server/hub.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { addUser, startHubOn, until } from "#tests/fakes/hub-under-test.ts";
import { type Death, MortalHub } from "#tests/fakes/mortal-hub.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";

let database: FreshDatabase;
let spawner: FakeSpawner;
let count = 0;

beforeAll(async () => {
  database = await freshDatabase();
  spawner = new FakeSpawner();
});
afterAll(async () => {
  spawner.close();
  await database.drop();
});

async function withHub<T>(mortal: MortalHub, work: (hub: Hub) => Promise<T>): Promise<T> {
  await database.db.execute("update leases set expires_at = now() - interval '1 second'");
  const hub = await startHubOn({
    databaseUrl: database.url,
    spawner: mortal.backend(spawner),
    openDatabase: mortal.openDatabase,
  });
  await until(async () => hub.reconciler.leading || mortal.dead, "the lease");
  try {
    return await work(hub);
  } finally {
    await hub.stop().catch(() => undefined);
  }
}

const phaseOf = async (user: string) => {
  const found = await findUserByName(database.db, user);
  return found === undefined ? undefined : (await findServer(database.db, found.id, ""))?.phase;
};

/** Starts `user`'s server and stops it again, as far as the hub lives. */
async function startAndStop(hub: Hub, user: string, mortal: MortalHub): Promise<void> {
  const reach = (phase: string) => until(async () => mortal.dead || (await phaseOf(user)) === phase, phase);
  try {
    await startServer(hub.systemContext("test"), { user });
    await reach("ready");
    if (mortal.dead) return;
    await stopServer(hub.systemContext("test"), { user });
    await reach("stopped");
  } catch (error) {
    if (!mortal.dead) throw error;
  }
}

async function newUser(): Promise<string> {
  const name = `u${count++}`;
  const mortal = new MortalHub(null);
  await withHub(mortal, (hub) => addUser(hub, name));
  return name;
}

async function countPoints(): Promise<string[]> {
  const user = await newUser();
  const mortal = new MortalHub(null);
  await withHub(mortal, async (hub) => {
    mortal.points.length = 0;
    await startAndStop(hub, user, mortal);
  });
  return [...mortal.points];
}

describe("R-03, F-01: a hub killed at every point of a start and a stop", () => {
  test("after a restart there is exactly one run or none, as wished, and a bystander's server was not touched", async () => {
    const bystander = await newUser();
    await withHub(new MortalHub(null), async (hub) => {
      await startServer(hub.systemContext("test"), { user: bystander });
      await until(async () => (await phaseOf(bystander)) === "ready", "the bystander");
    });
    const points = await countPoints();
    console.info(
      `R-03: ${points.length} points in a start and a stop, each with death before and after: ${points.length * 2} crashes`,
    );
    expect(points.length).toBeGreaterThan(15);
    for (let at = 0; at < points.length; at++) {
      for (const when of ["before", "after"] as const) await crashAt({ at, when }, points[at] ?? "");
    }
    expect(spawner.stopped.filter((id) => id.startsWith(bystander))).toEqual([]);
    expect(await phaseOf(bystander)).toBe("ready");
  }, 300_000);
});

async function crashAt(death: Death, name: string): Promise<void> {
  const user = await newUser();
  const mortal = new MortalHub(death);
  const title = `${death.when} point ${death.at} (${name})`;
  await withHub(mortal, async (hub) => {
    mortal.points.length = 0;
    await startAndStop(hub, user, mortal);
  }).catch(() => undefined);
  await withHub(new MortalHub(null), async () => {
    const found = await findUserByName(database.db, user);
    const wished = async () => (found === undefined ? undefined : await findServer(database.db, found.id, ""));
    await until(async () => {
      const server = await wished();
      if (server === undefined) return true;
      const run = spawner.runs.get(server.id);
      return server.desired === "running"
        ? server.phase === "ready" && run?.ref.runId === server.runId
        : server.phase === "stopped" && run === undefined;
    }, `rest after death ${title}`);
    const server = await wished();
    if (server !== undefined) {
      const starts = spawner.started.filter((id) => id.startsWith(server.id));
      expect(starts.length, title).toBeLessThanOrEqual(1);
      spawner.kill(server.id);
      await until(async () => (await wished())?.phase !== "ready", "clean up");
    }
  });
}
