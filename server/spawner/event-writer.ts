import type { Db } from "#db/client.ts";
import { addServerEvents } from "#db/servers.ts";
import { notify } from "#db/stream.ts";
import type { Log } from "#server/log.ts";
import type { SpawnEvent } from "./spawner.ts";

type Line = { readonly serverId: string; readonly generation: number; readonly event: SpawnEvent };

const batchMs = 100;
const maxLength = 1000;

/** Collects the backend's lines for the progress pages and writes them in batches: one insert for many starts. */
export class EventWriter {
  readonly #db: Db;
  readonly #log: Log;
  #lines: Line[] = [];
  /** What was said last of each server: a try that is made again says it once. */
  readonly #last = new Map<string, string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(db: Db, log: Log, signal: AbortSignal) {
    this.#db = db;
    this.#log = log;
    signal.addEventListener("abort", () => clearTimeout(this.#timer ?? undefined), { once: true });
  }

  readonly add = (serverId: string, generation: number, event: SpawnEvent): void => {
    const said = `${generation} ${event.message}`;
    if (this.#last.get(serverId) === said) return;
    this.#last.set(serverId, said);
    this.#lines.push({ serverId, generation, event });
    this.#timer ??= setTimeout(() => void this.#flush(), batchMs);
  };

  async #flush(): Promise<void> {
    this.#timer = null;
    const lines = this.#lines;
    this.#lines = [];
    try {
      await addServerEvents(
        this.#db,
        lines.map(({ serverId, generation, event }) => ({
          serverId,
          generation,
          at: event.at,
          kind: "backend" as const,
          message: event.message.slice(0, maxLength),
          warning: event.warning,
        })),
      );
      for (const serverId of new Set(lines.map((line) => line.serverId))) await notify(this.#db, `server:${serverId}`);
    } catch (error) {
      // Lines of a server deleted meanwhile have no row to belong to; they are for the page only.
      this.#log.debug({ err: error }, "progress lines were not written");
    }
  }
}
