import type { Db } from "#db/client.ts";
import { findServersById, type ServerWithOwner } from "#db/servers.ts";

type Asked = {
  readonly resolve: (found: ServerWithOwner | undefined) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Reads servers' records, one query at a time: whoever asks while one is under way shares the next. Five hundred starts at once would
 * else take every connection of the pool, and the people who wait for a page would wait behind them. What is given was read after it was asked for.
 */
export class RecordReader {
  readonly #db: Db;
  #waiting = new Map<string, Asked[]>();
  #reading = false;

  constructor(db: Db) {
    this.#db = db;
  }

  read(serverId: string): Promise<ServerWithOwner | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(serverId, [...(this.#waiting.get(serverId) ?? []), { resolve, reject }]);
      void this.#readAll();
    });
  }

  async #readAll(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#waiting.size > 0) {
      const asked = this.#waiting;
      this.#waiting = new Map();
      await this.#answer(asked);
    }
    this.#reading = false;
  }

  async #answer(asked: ReadonlyMap<string, readonly Asked[]>): Promise<void> {
    try {
      const found = new Map((await findServersById(this.#db, [...asked.keys()])).map((one) => [one.server.id, one]));
      for (const [id, waiting] of asked) for (const { resolve } of waiting) resolve(found.get(id));
    } catch (error) {
      for (const waiting of asked.values()) for (const { reject } of waiting) reject(error);
    }
  }
}
