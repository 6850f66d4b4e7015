import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findServer, type ServerRow } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { Hub } from "#server/hub.ts";
import { deleteServer } from "#server/servers/delete.ts";
import { restartServer } from "#server/servers/restart.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { reservationsOf } from "#tests/fakes/group-rows.ts";
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

/** A named server: it can be deleted too. */
const name = "second";
const rowOf = async (user: string) => {
  const found = await findUserByName(database.db, user);
  return found === undefined ? undefined : await findServer(database.db, found.id, name);
};
const phaseOf = async (user: string) => (await rowOf(user))?.phase;

/** Starts `user`'s server, starts it anew, stops it and deletes it, as far as the hub lives. */
async function wholeLife(hub: Hub, user: string, mortal: MortalHub): Promise<void> {
  const ctx = hub.systemContext("test");
  const reach = (phase: string, generation: number) =>
    until(async () => {
      const row = await rowOf(user);
      return mortal.dead || (row?.phase === phase && row.phaseGeneration === generation);
    }, phase);
  const steps = [
    () => startServer(ctx, { user, name }),
    () => reach("ready", 1),
    () => restartServer(ctx, { user, name }),
    () => reach("ready", 2),
    () => stopServer(ctx, { user, name }),
    () => reach("stopped", 2),
    () => deleteServer(ctx, { user, name }),
  ];
  try {
    for (const step of steps) if (!mortal.dead) await step();
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
    await wholeLife(hub, user, mortal);
  });
  return [...mortal.points];
}

describe("R-03, F-01: a hub killed at every point of a start, a restart, a stop and a delete", () => {
  test("after a restart there is exactly one run or none, as wished, and a bystander's server was not touched", async () => {
    const bystander = await newUser();
    await withHub(new MortalHub(null), async (hub) => {
      await startServer(hub.systemContext("test"), { user: bystander, name });
      await until(async () => (await phaseOf(bystander)) === "ready", "the bystander");
    });
    const points = await countPoints();
    console.info(
      `R-03: ${points.length} points in a start, a restart, a stop and a delete, each with death before and after: ${points.length * 2} crashes`,
    );
    expect(points.length).toBeGreaterThan(15);
    for (let at = 0; at < points.length; at++) {
      for (const when of ["before", "after"] as const) await crashAt({ at, when }, points[at] ?? "");
    }
    expect(spawner.stopped.filter((id) => id.startsWith(bystander))).toEqual([]);
    expect(await phaseOf(bystander)).toBe("ready");
  }, 300_000);
});

async function crashAt(death: Death, point: string): Promise<void> {
  const user = await newUser();
  const mortal = new MortalHub(death);
  const title = `${death.when} point ${death.at} (${point})`;
  await withHub(mortal, async (hub) => {
    mortal.points.length = 0;
    await wholeLife(hub, user, mortal);
  }).catch(() => undefined);
  await withHub(new MortalHub(null), async (hub) => {
    await until(async () => isAtRest(await rowOf(user)), `rest after death ${title}`);
    const server = await rowOf(user);
    const starts = spawner.started.filter((run) => server !== undefined && run.startsWith(server.id));
    expect(new Set(starts).size, title).toBe(starts.length);
    const { rows } = await database.db.execute(
      sql`select count(h.id)::int as homes from homes h join users u on u.id = h.user_id where u.name = ${user}`,
    );
    expect(rows, title).toEqual([{ homes: server?.generation ? 1 : expect.any(Number) }]);
    if (server === undefined) return;
    // What it holds of a quota: as long as it runs, and no longer.
    if (server.desired === "running")
      expect(await heldBy(server.id), title).toMatchObject([{ generation: server.generation }]);
    if (server.desired === "running") await stopServer(hub.systemContext("test"), { user, name });
    await until(async () => (await phaseOf(user)) === "stopped", "the stop at the end");
    await until(async () => (await heldBy(server.id)).length === 0, `what it held is given back after death ${title}`);
  });
  expect(spawner.runs.size, `${title}: the bystander's run, and no orphan`).toBe(1);
}

async function heldBy(serverId: string) {
  return (await reservationsOf(database.db)).filter((held) => held.serverId === serverId);
}

function isAtRest(server: ServerRow | undefined): boolean {
  if (server === undefined) return true;
  const run = spawner.runs.get(server.id);
  if (server.phaseGeneration !== server.generation) return false;
  return server.desired === "running"
    ? server.phase === "ready" && run?.ref.runId === server.runId
    : server.phase === "stopped" && run === undefined;
}
