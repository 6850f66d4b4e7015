import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDb } from "#db/client.ts";
import { StreamSource } from "#server/internal/stream-source.ts";
import { until } from "#tests/fakes/hub-under-test.ts";
import { type Line, send } from "#tests/fakes/portal-client.ts";
import type { Place } from "#tests/fakes/portal-visitor.ts";
import { freePort, type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

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

  test("F-02: what an edge is told of a thousand servers takes a handful of queries, and a hub with them is back in seconds", async () => {
    await portal.hub.db.execute(`
      insert into users (id, name) select gen_random_uuid(), 'many' || n from generate_series(1, 1000) n`);
    await portal.hub.db.execute(`
      insert into servers (id, user_id, name, namespace, object_name, origin_label)
      select gen_random_uuid(), id, '', 'local', 'jupyter-' || name, name from users where name like 'many%'`);
    let queries = 0;
    const counted = createDb(portal.databaseUrl, { maxConnections: 4 });
    counted.pool.on("connect", (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      Object.assign(client, {
        query: (...args: unknown[]) => {
          queries += 1;
          return query(...args);
        },
      });
    });
    const snapshot = await new StreamSource(counted.db, portal.clock, portal.hub.log).snapshot();
    await counted.close();
    expect(snapshot.stopped.length + snapshot.routes.length).toBe(1003);
    expect(queries).toBe(5);
    const beganMs = performance.now();
    await portal.restartHub();
    await streamIsBack();
    expect(performance.now() - beganMs).toBeLessThan(10_000);
  });

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
