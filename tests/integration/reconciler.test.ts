import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasReservation } from "#db/reservations.ts";
import { findServer, findServerById } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { Hub } from "#server/hub.ts";
import { restartServer } from "#server/servers/restart.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { addUser, type HubUnderTest, startHubOn, startTestHub, until } from "#tests/fakes/hub-under-test.ts";
import { ShiftedClock } from "#tests/shifted-clock.ts";

let t: HubUnderTest;

beforeEach(async () => {
  t = await startTestHub();
  await addUser(t.hub, "ana");
});
afterEach(() => t.stop());

const start = (name = "", hub = t.hub) => startServer(hub.systemContext("test"), { user: "ana", name });
const stop = (name = "", hub = t.hub) => stopServer(hub.systemContext("test"), { user: "ana", name });
const rowOf = async (id: string) => (await findServerById(t.hub.db, id))?.server;
const rowIn = async (hub: Hub, id: string) => (await findServerById(hub.db, id))?.server;
const inPhase = (id: string, phase: string) =>
  until(async () => {
    const row = await rowOf(id);
    return row?.phase === phase ? row : null;
  }, `phase ${phase}`);

describe("a wish becomes a server", () => {
  test("start, ready, stop, start again: one run at a time, and the home stays the same", async () => {
    const { id } = await start();
    const first = await inPhase(id, "ready");
    await stop();
    await inPhase(id, "stopped");
    await start();
    const second = await inPhase(id, "ready");
    expect(second.homeId).toBe(first.homeId);
    expect(second.secret).not.toBe(first.secret);
    expect(t.spawner.started).toEqual([`${id}#1`, `${id}#2`]);
    expect(t.spawner.runs.size).toBe(1);
  });

  test("R-01: twenty starts of one server at once over two hubs are one run and one generation", async () => {
    const second = await startHubOn(t);
    const rows = await Promise.all(Array.from({ length: 20 }, (_, n) => start("", n % 2 === 0 ? t.hub : second)));
    expect(new Set(rows.map((row) => row.id)).size).toBe(1);
    const row = await inPhase(rows[0]?.id ?? "", "ready");
    expect(row.generation).toBe(1);
    expect(t.spawner.started).toHaveLength(1);
    await second.stop();
  });

  test("R-05: a stop during the start leaves nothing running", async () => {
    t.spawner.onStart = () => "wait";
    const { id } = await start();
    await inPhase(id, "starting");
    await stop();
    await inPhase(id, "stopped");
    expect(t.spawner.runs.size).toBe(0);
  });

  test("R-04: a start that was taken back before any hub had looked at it gives back what it reserved", async () => {
    const { id } = await start();
    await inPhase(id, "ready");
    await stop();
    await inPhase(id, "stopped");
    // As both verbs leave it when the hub that leads dies with the news.
    await t.hub.db.transaction(async (tx) => {
      await tx.execute(sql`update servers set generation = generation + 1, wished_at = now() where id = ${id}`);
      await tx.execute(sql`insert into reservations
          (server_id, user_id, generation, cpu_request_millicores, cpu_limit_millicores, memory_request_bytes, memory_limit_bytes, gpus)
        select id, user_id, generation, 100, 1000, 1, 1, 0 from servers where id = ${id}`);
    });
    await until(async () => !(await hasReservation(t.hub.db, id)), "what was reserved is given back");
    expect(await rowOf(id)).toMatchObject({ phase: "stopped", generation: 2, phaseGeneration: 2 });
    expect(t.spawner.runs.size).toBe(0);
  });

  test("a restart ends the old run before the new one begins, with a new secret", async () => {
    const { id } = await start();
    const before = await inPhase(id, "ready");
    await restartServer(t.hub.systemContext("test"), { user: "ana", name: "" });
    const after = await until(async () => {
      const row = await rowOf(id);
      return row?.phase === "ready" && row.phaseGeneration === 2 ? row : null;
    }, "the new run");
    expect(after.secret).not.toBe(before.secret);
    expect(t.spawner.stopped).toEqual([`${id}#1`]);
    expect(t.spawner.runs.size).toBe(1);
  });

  test("F-25: a server killed from outside is reported as failed, and not started again by itself", async () => {
    const { id } = await start();
    await inPhase(id, "ready");
    t.spawner.kill(id);
    const row = await inPhase(id, "failed");
    expect(row.failure).toMatchObject({ reason: "gone" });
    expect(t.spawner.started).toHaveLength(1);
  });

  test("F-04: a backend that can't be reached changes nothing that runs", async () => {
    const { id } = await start();
    await inPhase(id, "ready");
    t.spawner.unreachable = true;
    t.hub.reconciler.poke(id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await rowOf(id))?.phase).toBe("ready");
    t.spawner.unreachable = false;
  });

  test("F-04: a hub that comes up while its backend is away fails no start, whatever the hour, and makes it once it answers", async () => {
    await t.hub.stop();
    t.spawner.unreachable = true;
    const clock = new ShiftedClock();
    const next = await startHubOn({ ...t, clock });
    const { id } = await start("", next);
    await until(async () => next.reconciler.leading && (await rowIn(next, id))?.phase === "queued", "the queue");
    clock.advance(600);
    next.reconciler.poke(id);
    await until(async () => (await rowIn(next, id))?.phase === "queued", "still in it");
    t.spawner.unreachable = false;
    const ready = await until(async () => {
      const row = await rowIn(next, id);
      return row?.phase === "ready" ? row : null;
    }, "a ready server");
    expect(ready.failure).toBeNull();
    expect(t.spawner.started).toHaveLength(1);
    await next.stop();
  });

  test("a refused start is a failure with its own words, and leaves nothing behind", async () => {
    const failure = { reason: "quota", publicMessage: "The quota is used up.", detail: "d" } as const;
    t.spawner.onStart = () => ({ kind: "refused", failure });
    const { id } = await start();
    const row = await inPhase(id, "failed");
    expect(row.failure).toMatchObject(failure);
    expect(t.spawner.runs.size).toBe(0);
  });

  test("more starts than may be worked on at once wait in a queue, first come first served", async () => {
    await t.stop();
    t = await startTestHub({ hub: { concurrentSpawnLimit: 1 } });
    await addUser(t.hub, "ana");
    t.spawner.onStart = () => "wait";
    const first = await start("a");
    await inPhase(first.id, "starting");
    const second = await start("b");
    const third = await start("c");
    await inPhase(second.id, "queued");
    await inPhase(third.id, "queued");
    expect((await t.hub.viewOf(second.id)).queuePosition).toBe(1);
    expect((await t.hub.viewOf(third.id)).queuePosition).toBe(2);
    await t.spawner.setRunning(first.id);
    await inPhase(second.id, "starting");
    await stop("b");
    await inPhase(third.id, "starting");
  });
});

describe("hubs come and go", () => {
  test("F-02: a hub that ends leaves servers running, and the next one takes them over untouched", async () => {
    const { id } = await start();
    const before = await inPhase(id, "ready");
    await t.hub.stop();
    expect(t.spawner.runs.size).toBe(1);
    const next = await startHubOn(t);
    await until(async () => next.reconciler.leading, "the lease");
    const found = await findServer(next.db, (await findUserByName(next.db, "ana"))?.id ?? "", "");
    expect(found).toMatchObject({ phase: "ready", runId: before.runId });
    expect(t.spawner.started).toHaveLength(1);
    await next.stop();
    t = { ...t, hub: await startHubOn(t) };
  });

  test("a hub that ends lets go of its backend's connections, after its last call", async () => {
    const calls: string[] = [];
    t.spawner.before = (call) => calls.push(call);
    const disconnect = async () => void calls.push("disconnect");
    Object.assign(t.spawner, { disconnect });
    const { id } = await start();
    await inPhase(id, "ready");
    await t.hub.stop();
    expect(calls).toContain("start");
    expect(calls.filter((call) => call === "disconnect")).toHaveLength(1);
    expect(calls.at(-1)).toBe("disconnect");
    t = { ...t, hub: await startHubOn(t) };
  });

  test("R-02: what a leader that lost its lease writes is refused", async () => {
    const { recordState } = await import("#db/server-state.ts");
    const { acquireLease } = await import("#db/leases.ts");
    const { id } = await start();
    const row = await inPhase(id, "ready");
    await t.hub.reconciler.stop();
    const first = await acquireLease(t.hub.db, "reconciler", "first", -1);
    const second = await acquireLease(t.hub.db, "reconciler", "second", 10);
    const key = { serverId: id, generation: row.generation, desired: row.desired, phase: row.phase };
    const save = (epoch: number) =>
      recordState(t.hub.db, {
        key: { ...key, epoch },
        change: { waitPhase: "starting" },
        ledger: null,
        tellEdges: true,
        releases: false,
      });
    expect(second?.epoch).toBeGreaterThan(first?.epoch ?? 0);
    expect(await save(first?.epoch ?? 0)).toBe(false);
    expect(await save(second?.epoch ?? 0)).toBe(true);
  });
});
