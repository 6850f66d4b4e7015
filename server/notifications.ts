import pg from "pg";
import { connecting } from "#db/client.ts";
import { notifyChannel } from "#db/stream.ts";
import type { Clock } from "#server/clock.ts";
import type { Log } from "#server/log.ts";

const lookEveryMs = 1000;

type Listener = (value: string) => void;

/** What the database tells every hub: `server:<id>` changed, `stream:<revision>` is there, `wish:<id>` waits, `view:` is old or fresh again, `group:<id>` has other amounts. */
export class Notifications {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #url: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ended = new AbortController();
  #loop: Promise<unknown> | null = null;
  #connected = false;

  constructor(url: string, clock: Clock, log: Log) {
    this.#url = url;
    this.#clock = clock;
    this.#log = log;
  }

  /** `resync` is called after every (re)connection, and each second without one: what is said then isn't heard, so look for yourself. */
  on(topic: "server" | "stream" | "wish" | "view" | "group" | "resync", listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(topic, listeners);
    return () => listeners.delete(listener);
  }

  get connected(): boolean {
    return this.#connected;
  }

  start(): void {
    this.#loop = Promise.all([this.#run(), this.#lookWhileDeaf()]);
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#listen().catch((error: unknown) => {
        if (!this.#ended.signal.aborted)
          this.#log.warn({ err: error }, "lost the database's notifications; connecting again");
      });
      this.#connected = false;
      await this.#clock.sleep(500, this.#ended.signal).catch(() => undefined);
    }
  }

  async #lookWhileDeaf(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#clock.sleep(lookEveryMs, signal).catch(() => undefined);
      if (!this.#connected && !signal.aborted) this.#tell("resync", "");
    }
  }

  async #listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, ...connecting });
    const closed = new Promise<void>((resolve, reject) => {
      client.on("error", reject);
      client.on("end", resolve);
    });
    closed.catch(() => undefined);
    const onAbort = () => void client.end().catch(() => undefined);
    this.#ended.signal.addEventListener("abort", onAbort, { once: true });
    try {
      // Ended while it connects, pg leaves this promise as it is.
      await Promise.race([client.connect(), closed]);
      client.on("notification", (message) => this.#deliver(message.payload ?? ""));
      await client.query(`listen ${notifyChannel}`);
      this.#connected = true;
      this.#tell("resync", "");
      await closed;
    } finally {
      this.#ended.signal.removeEventListener("abort", onAbort);
      await client.end().catch(() => undefined);
    }
  }

  #deliver(payload: string): void {
    const at = payload.indexOf(":");
    if (at > 0) this.#tell(payload.slice(0, at), payload.slice(at + 1));
  }

  #tell(topic: string, value: string): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(value);
  }
}
