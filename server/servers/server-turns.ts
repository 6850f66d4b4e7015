import { type Db, inTransaction, type Tx } from "#db/client.ts";
import { isDatabaseUnavailable, lockTimeoutOf } from "#db/unavailable.ts";
import { HubError } from "#server/errors.ts";

/** A change is written in milliseconds: a lock that isn't given in this time is held by something that has gone wrong. */
export const changeLockTimeoutMs = 5000;
/** More would be a program that has run wild; each that waits is a request with its memory. */
const waitingAtMost = 100;

type Waiting = { go(): void; fail(error: unknown): void };
export type ServerKey = { readonly userId: string; readonly name: string };

/**
 * Changes of one server, one at a time in this process. They would meet at the server's row anyway, but there each of them holds a
 * connection while it waits: fifty requests on one locked row would leave none for anybody else (F-14).
 */
export class ServerTurns {
  /** Whoever waits for a server that is being changed; no entry, no change under way. */
  readonly #waiting = new Map<string, Waiting[]>();

  /** Runs `work` in a transaction when it is this server's turn. Errors, besides its own: unavailable (another change isn't done). */
  change<T>(db: Db, server: ServerKey, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.take(server, () => inTransaction(db, work, { lockTimeoutMs: changeLockTimeoutMs }));
  }

  async take<T>({ userId, name }: ServerKey, work: () => Promise<T>): Promise<T> {
    const key = `${userId}/${name}`;
    await this.#turn(key);
    try {
      return await work();
    } catch (error) {
      const table = lockTimeoutOf(error)?.table;
      const refused = table === null || table === "servers" ? stillWritten(error) : error;
      // What waited behind it waits for the same lock, or the same database.
      if (isDatabaseUnavailable(error)) for (const { fail } of this.#waiting.get(key)?.splice(0) ?? []) fail(refused);
      throw refused;
    } finally {
      const next = this.#waiting.get(key)?.shift();
      if (next === undefined) this.#waiting.delete(key);
      else next.go();
    }
  }

  async #turn(key: string): Promise<void> {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return void this.#waiting.set(key, []);
    if (waiting.length >= waitingAtMost) throw stillWritten(undefined);
    await new Promise<void>((go, fail) => waiting.push({ go, fail }));
  }
}

function stillWritten(cause: unknown): HubError {
  return new HubError(
    "unavailable",
    "Another change to this server is still being written. Try again in a moment.",
    cause === undefined ? {} : { cause },
  );
}
