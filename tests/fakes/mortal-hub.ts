import type pg from "pg";
import { createDb } from "#db/client.ts";
import type { FakeSpawner } from "./spawner.ts";

/**
 * A hub that dies at a chosen point (R-03). A point is one statement that writes (transactions' own among them) or one call to
 * the backend; death comes before or after it took effect. Dead means: no statement and no call of that hub gets through any
 * more, and its connections are gone, as after kill -9.
 */
export type Death = { readonly at: number; readonly when: "before" | "after" };

export class MortalHub {
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

  /** A call to the backend, put around it. */
  async call<T>(name: string, effect: () => Promise<T>): Promise<T> {
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
        return (...args: unknown[]) => this.call(`backend ${String(key)}`, () => call(...args));
      },
    });
  }
}

/** As the kernel does it when a process is killed. */
function cutOff(client: pg.PoolClient): void {
  const { connection } = client as pg.PoolClient & { connection: { stream: { destroy(error?: Error): void } } };
  connection.stream.destroy(new Error("dead"));
}
