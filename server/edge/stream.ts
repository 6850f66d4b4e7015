import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "#server/clock.ts";
import { ownName } from "#server/internal/callers.ts";
import { checkedBy } from "#server/internal/hub-address.ts";
import { StreamLine } from "#server/internal/messages.ts";
import type { Log } from "#server/log.ts";
import { authorizationFor, type Internal } from "./internal-client.ts";
import { Lines } from "./lines.ts";

/** What the edge knows of its hub. `never`: nothing yet, so nobody can be let in. */
export type Connection =
  | { readonly kind: "never" }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly sinceMs: number };

export type StreamOptions = {
  readonly internal: Internal;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with each line that follows on the one before it. Must not throw. */
  onLine(line: StreamLine): void;
};

/** The hub says something every 5 s; after three times that it is gone, whatever the socket says. */
const silenceMs = 15_000;
const pausesMs = [50, 100, 250, 500, 1000, 2000];

/** Keeps one stream from the hub open. A gap, silence, or a line it doesn't understand: a new one, with a new snapshot. */
export class HubStream {
  readonly #options: StreamOptions;
  readonly #abort = new AbortController();
  #connection: Connection = { kind: "never" };
  #ended: Promise<void> = Promise.resolve();

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get connection(): Connection {
    return this.#connection;
  }

  start(): void {
    this.#ended = this.#keepOpen();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }

  async #keepOpen(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted; failures++) {
      const { reason, progressed } = await this.#follow(signal);
      if (progressed) failures = 0;
      if (this.#connection.kind === "live") this.#connection = { kind: "lost", sinceMs: clock.monotonicMs() };
      if (signal.aborted) return;
      if (failures % 10 === 0) log.warn({ reason }, "the stream from the hub ended; connecting again");
      await clock.sleep(pausesMs[Math.min(failures, pausesMs.length - 1)] ?? 2000, signal).catch(() => undefined);
    }
  }

  /** Resolves when this one stream is over; `progressed` when it brought a snapshot. */
  #follow(signal: AbortSignal): Promise<{ reason: string; progressed: boolean }> {
    const { target, key } = this.#options.internal;
    const where = target.kind === "unix" ? { socketPath: target.path } : { host: target.host, port: target.port };
    return new Promise((resolve) => {
      let revision: number | null = null;
      let reason = "the hub closed it";
      const asked = (target.tls === undefined ? httpRequest : httpsRequest)({
        ...where,
        ...checkedBy(target),
        path: "/internal/stream",
        agent: false,
        timeout: silenceMs,
        signal,
        headers: { ...ownName, ...authorizationFor(key) },
      });
      const giveUp = (why: string) => {
        reason = why;
        asked.destroy();
      };
      const lines = new Lines((text) => {
        if (asked.destroyed) return;
        const line = parseLine(text);
        const next = line === null ? null : revisionAfter(revision, line);
        if (line === null || next === null)
          return giveUp(line === null ? "a line makes no sense" : "a revision is missing");
        revision = next;
        this.#options.onLine(line);
        if (line.type === "snapshot") this.#connection = { kind: "live" };
      });
      asked.on("response", (response) => {
        if (response.statusCode !== 200) return giveUp(`the hub answered ${response.statusCode}`);
        response.on("data", (chunk: Buffer) => lines.push(chunk));
        response.on("error", (error) => giveUp(error.message));
        response.on("end", () => asked.destroy());
      });
      asked.on("timeout", () => giveUp("the hub has been silent for too long"));
      asked.on("error", (error) => {
        reason = error.message;
      });
      asked.on("close", () => resolve({ reason, progressed: revision !== null }));
      asked.end();
    });
  }
}

function parseLine(text: string): StreamLine | null {
  try {
    return StreamLine.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** The revision this line leads to, or `null` when it doesn't follow on what is known. */
function revisionAfter(known: number | null, line: StreamLine): number | null {
  if (line.type === "snapshot") return line.revision;
  if (known === null) return null;
  if (line.type === "view") return known;
  // A ping may be older than the snapshot: its writer reads on in its own time. A newer one means that a change was lost.
  if (line.type === "ping") return line.revision > known ? null : known;
  return line.revision === known + 1 ? line.revision : null;
}
