import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDb } from "#db/client.ts";
import { findServer } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { Hub } from "#server/hub.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { addUser, startHubOn, until } from "#tests/fakes/hub-under-test.ts";
import { FakeSpawner } from "#tests/fakes/spawner.ts";

/**
 * R-03: a hub dies at every point of a start and of a stop. A point is one statement that writes (transactions' own among
 * them) or one call that changes the backend; each is tried with death before and death after it took effect. Dead means: no
 * statement and no call of that hub gets through any more, and its connections are gone, as after kill -9.
 */
type Death = { readonly at: number; readonly when: "before" | "after" };

class Mortal {
  readonly points: string[] = [];
  readonly #death: Death | null;
  readonly #clients = new Set<pg.PoolClient>();
  dead = false;

  constructor(death: Death | null) {
    this.#death = death;
  }

  readonly openDatabase: typeof createDb = (url, options) => {
    const database = createDb(url, options);
    database.pool.on("connect", (client) => this.#wrap(client));
    return database;
  };

  #wrap(client: pg.PoolClient): void {
    this.#clients.add(client);
    if (this.dead) cutOff(client);
    const original = client.query.bind(client) as (...args: unknown[]) => unknown;
    const query = (...args: unknown[]): unknown => {
      const [first] = args;
      const text = typeof first === "string" ? first : ((first as { text?: string }).text ?? "");
      if (this.dead || !/^\s*(begin|commit|insert|update|delete|with)/i.test(text)) return original(...args);
      const when = this.#pass(`sql ${text.slice(0, 40)}`);
      if (when === "before") this.die();
      // A connection that is cut off fails what it is asked, in pg's own way.
      return when === "after" ? this.#dieAfter(original, args) : original(...args);
    };
    Object.assign(client, { query });
  }

  #dieAfter(original: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    const callback = args.at(-1);
    if (typeof callback === "function") {
      return original(...args.slice(0, -1), () => {
        this.die();
        callback(new Error("dead"));
      });
    }
    return Promise.resolve(original(...args)).then(() => {
      this.die();
      throw new Error("dead");
    });
  }

  /** Counts a point; says whether, and on which side of it, the hub dies here. */
  #pass(name: string): Death["when"] | null {
    this.points.push(name);
    return this.#death !== null && this.points.length - 1 === this.#death.at ? this.#death.when : null;
  }

  async #call<T>(name: string, effect: () => Promise<T>): Promise<T> {
    const when = this.#pass(name);
    if (when === "before") this.die();
    if (this.dead) throw new Error("dead");
    const result = await effect();
    if (when === "after") this.die();
    if (this.dead) throw new Error("dead");
    return result;
  }

  die(): void {
    this.dead = true;
    for (const client of this.#clients) cutOff(client);
  }

  /** The same backend, seen by a hub that may die at any call. */
  backend(spawner: FakeSpawner): FakeSpawner {
    return new Proxy(spawner, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
        if (key !== "start" && key !== "stop")
          return (...args: unknown[]) => (this.dead ? Promise.reject(new Error("dead")) : call(...args));
        return (...args: unknown[]) => this.#call(`backend ${String(key)}`, () => call(...args));
      },
    });
  }
}

/** As the kernel does it when a process is killed. */
function cutOff(client: pg.PoolClient): void {
  const { connection } = client as pg.PoolClient & { connection: { stream: { destroy(error?: Error): void } } };
  connection.stream.destroy(new Error("dead"));
}

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

async function withHub<T>(mortal: Mortal, work: (hub: Hub) => Promise<T>): Promise<T> {
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
async function startAndStop(hub: Hub, user: string, mortal: Mortal): Promise<void> {
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
  const mortal = new Mortal(null);
  await withHub(mortal, (hub) => addUser(hub, name));
  return name;
}

async function countPoints(): Promise<string[]> {
  const user = await newUser();
  const mortal = new Mortal(null);
  await withHub(mortal, async (hub) => {
    mortal.points.length = 0;
    await startAndStop(hub, user, mortal);
  });
  return [...mortal.points];
}

describe("R-03, F-01: a hub killed at every point of a start and a stop", () => {
  test("after a restart there is exactly one run or none, as wished, and a bystander's server was not touched", async () => {
    const bystander = await newUser();
    await withHub(new Mortal(null), async (hub) => {
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
  const mortal = new Mortal(death);
  const title = `${death.when} point ${death.at} (${name})`;
  await withHub(mortal, async (hub) => {
    mortal.points.length = 0;
    await startAndStop(hub, user, mortal);
  }).catch(() => undefined);
  await withHub(new Mortal(null), async () => {
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
