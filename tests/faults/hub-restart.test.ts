import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDb, type Database } from "#db/client.ts";
import { StreamSource } from "#server/internal/stream-source.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { startHubOn, until } from "#tests/fakes/hub-under-test.ts";
import { type Line, send } from "#tests/fakes/portal-client.ts";
import type { Place } from "#tests/fakes/portal-visitor.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const names = ["ana", "bob", "cleo"];

type Worker = { readonly name: string; readonly id: string; cookie: string; place: Place; lines: Line[] };

let portal: Portal;
let workers: Worker[];

/** Three people at work, with four WebSockets each. */
beforeEach(async () => {
  portal = await startPortal({ config: { edge: { offlineSeconds: 600 } } });
  await portal.addUsers(...names);
  workers = await Promise.all(
    names.map(async (name) => {
      const cookie = await portal.signIn(name);
      const id = await portal.startServer(cookie, name);
      const place = await portal.enter(cookie, name);
      const lines = await Promise.all([1, 2, 3, 4].map((tab) => portal.webSocket(place, `/user/${name}/ws/${tab}`)));
      return { name, id, cookie, place, lines };
    }),
  );
});
afterEach(() => portal.stop());

const lines = () => workers.flatMap((worker) => worker.lines);
const statusFor = async ({ name, place }: Worker, at = portal.port) =>
  (await send({ port: at }, `/user/${name}/api`, { host: place.host, headers: { cookie: place.cookie } })).status;

/** Every WebSocket still brings back what is said into it. */
async function expectTalk(word: string): Promise<void> {
  for (const line of lines()) line.say(word);
  await until(
    async () => lines().every((line) => line.heard.some((heard) => heard.endsWith(`: ${word}`))),
    "every echo",
  );
}

const streamIsBack = () =>
  until(async () => (await portal.ask("/hub/health")).status === 200 && portal.edge.ready(), "the hub behind the edge");

/** So many more people, each with a running server, made from ana's; one program answers for all of them. */
async function runThousands(count: number): Promise<void> {
  const ana = workers[0]?.id ?? "";
  const model = portal.spawner.runs.get(ana);
  if (model === undefined) throw new Error("ana's server is to run");
  const { db } = portal.hub;
  await db.execute(sql`insert into users (id, name, password_hash) select gen_random_uuid(), 'many' || n,
    (select password_hash from users where name = 'ana') from generate_series(1, ${count}) n`);
  const { rows } = await db.execute<{ id: string; run_id: string; object_name: string }>(sql`
    insert into servers (id, user_id, name, namespace, object_name, origin_label, desired, generation, phase, phase_generation,
      lease_epoch, run_id, target, spec, secret, profile_slug, options, wished_at, ready_at)
    select gen_random_uuid(), u.id, '', s.namespace, 'jupyter-' || u.name, u.name, s.desired, s.generation, s.phase, s.phase_generation,
      s.lease_epoch, 'run-of-' || u.name, s.target, s.spec, s.secret, s.profile_slug, s.options, s.wished_at, s.ready_at
    from users u, servers s where u.name like 'many%' and s.id = ${ana} returning id, run_id, object_name`);
  for (const { id, run_id: runId, object_name: objectName } of rows) {
    const ref = { ...model.ref, serverId: id, runId, objectName };
    const { observation } = model;
    portal.spawner.runs.set(id, {
      ...model,
      ref,
      app: null,
      observation: observation.kind === "running" ? { ...observation, runId } : observation,
    });
  }
}

function countQueries({ pool }: Pick<Database, "pool">, count: () => void): void {
  pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (...args: unknown[]) => {
        count();
        return query(...args);
      },
    });
  });
}

async function counted<T>(work: (db: Database["db"]) => Promise<T>): Promise<{ result: T; queries: number }> {
  const database = createDb(portal.databaseUrl, { maxConnections: 4 });
  let queries = 0;
  countQueries(database, () => {
    queries += 1;
  });
  const result = await work(database.db);
  await database.close();
  return { result, queries };
}

describe("the hub goes and comes back", () => {
  test("F-02: nobody at work notices, and nothing is started or stopped by it", async () => {
    const [started, stopped] = [[...portal.spawner.started], [...portal.spawner.stopped]];
    const connections = workers.map(({ id }) => portal.spawner.appOf(id).connectionsEver);
    await portal.stopHub();
    await expectTalk("while it was away");
    for (const worker of workers) expect(await statusFor(worker)).toBe(200);
    await portal.startHub();
    await streamIsBack();
    await expectTalk("after it came back");
    expect(lines().filter((line) => !line.isOpen)).toEqual([]);
    expect([portal.spawner.started, portal.spawner.stopped]).toEqual([started, stopped]);
    // The same connections: the new snapshot made no new runs of them. One more each for the request above, at most.
    for (const [index, { id }] of workers.entries())
      expect(portal.spawner.appOf(id).connectionsEver).toBeLessThanOrEqual((connections[index] ?? 0) + 1);
  });

  test("F-02: with 3,000 running servers a hub and an edge are back in seconds, with few queries and nobody dropped", async () => {
    await runThousands(3000);
    await portal.restartEdge();
    const told = await counted((db) => new StreamSource(db, portal.clock, portal.hub.log).snapshot());
    expect(told.result.routes).toHaveLength(3003);
    expect(told.queries).toBe(6);
    const [started, stopped] = [portal.spawner.started.length, portal.spawner.stopped.length];
    const back = await Promise.all(workers.map(({ name, place }) => portal.webSocket(place, `/user/${name}/ws/again`)));
    const beganMs = performance.now();
    await portal.restartHub();
    await streamIsBack();
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    await until(async () => portal.hub.reconciler.leading, "the lease");
    expect(back.every((line) => line.isOpen)).toBe(true);
    for (const worker of workers) expect(await statusFor(worker)).toBe(200);
    const last = await portal.get(
      { host: portal.url.host, origin: portal.url.origin, cookie: await portal.signIn("many3000") },
      "/user/many3000/api",
    );
    expect(last.status, "its route was told, and is its own").toBe(200);
    expect([portal.spawner.started.length, portal.spawner.stopped.length]).toEqual([started, stopped]);
  }, 60_000);

  test("F-02: taking over 3,000 running servers takes a hub a number of queries that hardly grows with theirs", async () => {
    await runThousands(3000);
    await portal.stopHub();
    let queries = 0;
    const hub = await startHubOn({
      databaseUrl: portal.databaseUrl,
      spawner: portal.spawner,
      clock: portal.clock,
      openDatabase: (url, options) => {
        const database = createDb(url, options);
        countQueries(database, () => {
          queries += 1;
        });
        return database;
      },
    });
    await until(async () => hub.reconciler.leading && hub.reconciler.staleSince === null, "the first list");
    let before = -1;
    await until(async () => {
      const still = queries === before;
      before = queries;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return still;
    }, "nothing left to look at");
    console.info(`F-02: ${queries} queries to take over 3,003 servers`);
    expect(queries).toBeLessThanOrEqual(60 + 3000 / 500);
    await hub.stop();
    await portal.startHub();
  }, 60_000);

  test("F-03: while it is away the edge serves what it knows for offlineSeconds, then 503; open WebSockets go on", async () => {
    await portal.stopHub();
    await until(async () => (await portal.ask("/hub/api")).status === 503, "the missing hub");
    const asked = await portal.ask("/hub/api/user", { headers: { cookie: workers[0]?.cookie ?? "" } });
    expect(asked.status).toBe(503);
    expect(Number(asked.headers["retry-after"])).toBeGreaterThan(0);
    portal.clock.advance(590);
    for (const worker of workers) expect(await statusFor(worker)).toBe(200);
    portal.clock.advance(20);
    for (const worker of workers) expect(await statusFor(worker)).toBe(503);
    expect((await portal.ask("/edge/health")).status).toBe(503);
    await expectTalk("nobody was cut off");
    await portal.startHub();
    await streamIsBack();
    for (const worker of workers) expect(await statusFor(worker)).toBe(200);
    await expectTalk("nor afterwards");
  });

  test("F-36: an edge that starts without a hub lets nobody in, and does as soon as there is one", async () => {
    await portal.stopHub();
    const port = await freePort();
    const fresh = portal.makeEdge(port);
    await fresh.listen();
    const host = portal.url.host;
    const [ana] = workers;
    if (ana === undefined) throw new Error("unreachable");
    expect(await statusFor(ana, port)).toBe(503);
    expect((await send({ port }, "/user/ana/lab", { host, headers: { accept: "text/html" } })).status).toBe(503);
    expect((await send({ port }, "/edge/health", { host })).status).toBe(503);
    await portal.startHub();
    await until(async () => (await statusFor(ana, port)) === 200, "the fresh edge's snapshot");
    await fresh.close(0);
  });

  test("F-36, S-16: who was put out while the edge was cut off is out when it hears of it, everybody else stays", async () => {
    const beside = await startPortal({ beside: portal });
    await portal.stopHub();
    const [ana, bob, cleo] = workers;
    if (ana === undefined || bob === undefined || cleo === undefined) throw new Error("unreachable");
    await beside.signOut(ana.cookie);
    await beside.hub.db.execute("update users set disabled_at = now() where name = 'bob'");
    expect([await statusFor(ana), await statusFor(bob)], "the edge can't know").toEqual([200, 200]);
    await portal.startHub();
    await until(async () => [...ana.lines, ...bob.lines].every((line) => line.closedWith?.code === 4401), "their end");
    expect([await statusFor(ana), await statusFor(bob), await statusFor(cleo)]).toEqual([403, 403, 200]);
    expect(cleo.lines.every((line) => line.isOpen)).toBe(true);
    await beside.stop();
  });

  test("F-02: what others did meanwhile arrives with the new snapshot", async () => {
    const beside = await startPortal({ beside: portal });
    const [ana, bob] = workers;
    if (ana === undefined || bob === undefined) throw new Error("unreachable");
    await portal.stopHub();
    expect((await beside.mutate(ana.cookie, "servers.stop", { user: "ana" })).code).toBeNull();
    await until(async () => !portal.spawner.runs.has(ana.id), "the stop by the other hub");
    await beside.startServer(bob.cookie, "bob", "second");
    for (const path of ["/user/dora/api", "/user/cleo/api"])
      expect((await portal.get(bob.place, path)).status, "F-36: the edge can't know whether he may").toBe(503);
    await portal.startHub();
    await until(async () => (await statusFor(ana)) === 424, "the stopped server");
    expect((await portal.get(bob.place, "/user/bob/second/api")).echoed()).toMatchObject({ who: "bob" });
    for (const path of ["/user/dora/api", "/user/cleo/api"])
      expect((await portal.get(bob.place, path)).status).toBe(404);
    expect(bob.lines.every((line) => line.isOpen)).toBe(true);
    await beside.stop();
  });
});
