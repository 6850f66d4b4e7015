import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import type { ServerRow } from "#db/servers.ts";
import { findServerById } from "#db/servers.ts";
import { createApiListener } from "#server/api/listener.ts";
import { checkHub } from "#server/checks.ts";
import type { Hub } from "#server/hub.ts";
import { Metrics } from "#server/metrics.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { backendState } from "#server/spawner/backend-outage.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { addUser, startHubOn } from "#tests/fakes/hub-under-test.ts";
import { type SpawnerUnderTest, startSpawnerUnderTest } from "#tests/fakes/kubernetes-spawner.ts";
import { send } from "#tests/fakes/portal-client.ts";
import { SteppingClock } from "#tests/fakes/stepping-clock.ts";

const tenMinutes = 600;
/** Half a minute of the time that passes here, roughly: a hundred of its seconds in one. */
const deadlineMs = 500;
const names = ["ana", "ben", "cyn", "dan"] as const;
type Name = (typeof names)[number];

let closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

/** Two hubs on one database and one cluster, in a time the test moves. Whoever's pod runs answers on one port of this process. */
class Cluster {
  readonly clock: SteppingClock;
  readonly backend: SpawnerUnderTest;
  readonly database: FreshDatabase;
  readonly #config: object;
  readonly ids = new Map<Name, string>();
  hub: Hub;
  beside: Hub;

  private constructor(
    clock: SteppingClock,
    backend: SpawnerUnderTest,
    database: FreshDatabase,
    config: object,
    hub: Hub,
  ) {
    this.clock = clock;
    this.backend = backend;
    this.database = database;
    this.#config = config;
    [this.hub, this.beside] = [hub, hub];
  }

  static async start(): Promise<Cluster> {
    const app = createServer((_request, response) => response.end("{}"));
    await listenOn(app, { kind: "tcp", host: "127.0.0.1", port: 0 });
    const database = await freshDatabase();
    const clock = new SteppingClock();
    const backend = await startSpawnerUnderTest({ clock, client: { deadlineMs } });
    const config = {
      spawner: { type: "kubernetes", kubernetes: { namespace: "berth" } },
      singleuser: { app: { preset: "jupyterlab", port: portOf(app) }, storage: { type: "none" } },
    };
    const on = { databaseUrl: database.url, clock, config };
    const first = await startHubOn({ ...on, spawner: backend.spawner });
    const cluster = new Cluster(clock, backend, database, config, first);
    await cluster.passUntil("a hub that leads", async () => first.reconciler.leading);
    cluster.beside = await startHubOn({ ...on, spawner: await backend.another() });
    closers.push(
      () => closeServer(app),
      () => database.drop(),
      () => backend.stop(),
      () => cluster.#ending(() => cluster.hub.stop()),
      () => cluster.#ending(() => cluster.beside.stop()),
    );
    for (const name of names) await addUser(first, name);
    return cluster;
  }

  /** The hub that leads is killed and another takes its place. */
  async replaceLeader(): Promise<void> {
    await this.#ending(() => this.hub.stop());
    const { clock, database } = this;
    const spawner = await this.backend.another();
    this.hub = await startHubOn({ databaseUrl: database.url, clock, config: this.#config, spawner });
  }

  /** What waits for a pause of its own to end needs time to go on. */
  async #ending(stop: () => Promise<void>): Promise<void> {
    let over = false;
    const stopping = stop().finally(() => {
      over = true;
    });
    while (!over) await this.#second();
    await stopping;
  }

  async #second(): Promise<void> {
    this.clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async pass(seconds: number, check: () => Promise<void> = async () => undefined): Promise<void> {
    for (let n = 0; n < seconds; n++) {
      await this.#second();
      if (n % 20 === 19) await check();
    }
  }

  async passUntil(title: string, condition: () => Promise<boolean>): Promise<void> {
    for (let n = 0; n < 1500; n++) {
      if (await condition()) return;
      await this.#second();
    }
    throw new Error(`never came: ${title}`);
  }

  async start(name: Name): Promise<void> {
    this.ids.set(name, (await startServer(this.beside.systemContext("test"), { user: name })).id);
  }

  async row(name: Name): Promise<ServerRow> {
    const found = await findServerById(this.database.db, this.ids.get(name) ?? "");
    if (found === undefined) throw new Error(`${name} has no server`);
    return found.server;
  }

  async reaches(name: Name, phase: ServerRow["phase"]): Promise<void> {
    await this.passUntil(`${name}: ${phase}`, async () => (await this.row(name)).phase === phase);
  }

  awaySince(hub: Hub): Promise<Date | null> {
    return backendState(hub.systemContext("test")).then((state) => state.awaySince);
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  return address.port;
}

/** How an API server goes, and how it comes back. */
const ways = {
  refuses: {
    go: ({ api }: SpawnerUnderTest) => api.down(),
    comeBack: ({ api }: SpawnerUnderTest) => api.up(),
  },
  "drops every packet": {
    go: async ({ api }: SpawnerUnderTest) => {
      api.faults.silent = true;
      api.faults.add({}, { kind: "hang" }, Number.POSITIVE_INFINITY);
    },
    comeBack: async ({ api }: SpawnerUnderTest) => {
      api.faults.clear();
      api.faults.silent = false;
      api.faults.release();
    },
  },
} as const;

/** ana and dan run, ben's pod waits for a machine. */
async function someAtWork(cluster: Cluster): Promise<void> {
  const { pods } = cluster.backend.api;
  pods.auto = { ip: "127.0.0.1" };
  for (const name of ["ana", "dan"] as const) {
    await cluster.start(name);
    await cluster.reaches(name, "ready");
  }
  pods.auto = null;
  await cluster.start("ben");
  await cluster.reaches("ben", "starting");
}

async function statusOf(hub: Hub, path: string): Promise<number> {
  const metrics = new Metrics();
  const listener = createApiListener(hub, metrics, { trustedSocket: false });
  await listenOn(listener, { kind: "tcp", host: "127.0.0.1", port: 0 });
  const { status } = await send({ port: portOf(listener) }, path);
  metrics.stop();
  await closeServer(listener);
  return status;
}

describe.each(Object.entries(ways))("an API server that %s for ten minutes", (_name, { go, comeBack }) => {
  test.each(["the same hub", "another hub"])(
    "F-04: nothing is stopped, deleted or failed, starts and stops wait, every hub says since when; %s makes it all good",
    async (who) => {
      const cluster = await Cluster.start();
      const { backend, clock } = cluster;
      await someAtWork(cluster);
      const ana = await cluster.row("ana");
      const routes = async () => (await cluster.beside.stream.snapshot()).routes.map((route) => route.serverId);
      const goneAt = clock.now().getTime();
      await go(backend);
      await cluster.pass(5);
      await cluster.start("cyn");
      await stopServer(cluster.beside.systemContext("test"), { user: "dan", name: "" });
      const calm = async () => {
        for (const name of names) expect(await cluster.row(name), name).toMatchObject({ failure: null });
        expect(await cluster.row("ana")).toMatchObject({ phase: "ready", runId: ana.runId });
        expect((await cluster.row("dan")).phase).not.toBe("stopped");
        expect(await routes()).toContain(ana.id);
      };
      await cluster.pass(tenMinutes / 2, calm);
      if (who === "another hub") await cluster.replaceLeader();
      await cluster.pass(tenMinutes / 2, calm);

      expect([await cluster.row("cyn"), await cluster.row("ben")]).toMatchObject([
        { phase: "queued" },
        { phase: "starting" },
      ]);
      for (const hub of [cluster.hub, cluster.beside]) {
        const since = (await cluster.awaySince(hub))?.getTime() ?? 0;
        expect(Math.abs(since - goneAt), "since when, to the minute of silence a watch may have").toBeLessThan(61_000);
        const checks = await checkHub(hub, hub.systemContext("test"));
        const said = expect.stringContaining("The cluster hasn't answered since");
        const ofTheView = checks.filter(({ ok, message }) => !ok && message.includes(" since "));
        expect(ofTheView, "said once, by whichever hub").toEqual([
          expect.objectContaining({ ok: false, message: said }),
        ]);
        expect([await statusOf(hub, "/hub/live"), await statusOf(hub, "/hub/health")]).toEqual([200, 200]);
      }
      // What was sent into the silence is dan's stop, which somebody asked for.
      const dans = (await cluster.row("dan")).objectName;
      const deletedPods = () =>
        new Set(
          backend.api.requests
            .filter(({ verb, resource }) => verb === "delete" && resource === "pods")
            .map(({ name }) => name),
        );
      expect([...deletedPods()].filter((name) => name !== dans)).toEqual([]);
      expect(backend.api.pods.all()).toHaveLength(3);

      backend.api.pods.auto = { ip: "127.0.0.1" };
      await comeBack(backend);
      const benPod = (await cluster.row("ben")).objectName;
      backend.api.pods.setRunning(benPod, "127.0.0.1");
      await cluster.reaches("cyn", "ready");
      await cluster.reaches("ben", "ready");
      await cluster.reaches("dan", "stopped");
      expect(await cluster.row("ana")).toMatchObject({ phase: "ready", runId: ana.runId });
      await cluster.passUntil("a fresh view", async () => (await cluster.awaySince(cluster.beside)) === null);
      expect([...deletedPods()]).toEqual([dans]);
      expect(backend.api.pods.all()).toHaveLength(3);
    },
    90_000,
  );
});
