import type { Clock } from "#server/clock.ts";
import { isHubError } from "#server/errors.ts";
import type { Log } from "#server/log.ts";
import { retryPauseMs } from "./retry-pause.ts";

export const lookAgainMs = 1000;

type Busy = { again: boolean; failed: boolean };

/**
 * When each server is looked at. One look at a time per server. What fails is tried again after growing pauses, which only news of that
 * server, or the backend's return (`retryAll`), cut short: a sweep over everything doesn't.
 */
export class Looks {
  readonly #look: (serverId: string) => Promise<void>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #busy = new Map<string, Busy>();
  readonly #pauses = new Map<string, AbortController>();
  /** Tries in a row that came to nothing. */
  readonly #attempts = new Map<string, number>();

  constructor(look: (serverId: string) => Promise<void>, clock: Clock, log: Log, signal: AbortSignal) {
    this.#look = look;
    this.#clock = clock;
    this.#log = log;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  /** A call during a look means one more look after it. */
  now(serverId: string): void {
    if (this.#signal.aborted) return;
    const busy = this.#busy.get(serverId);
    if (busy) {
      busy.again = true;
      return;
    }
    this.#pauses.get(serverId)?.abort();
    this.#pauses.delete(serverId);
    const entry: Busy = { again: false, failed: false };
    this.#busy.set(serverId, entry);
    void this.#look(serverId)
      .catch((error: unknown) => this.failed(serverId, error))
      .finally(() => {
        this.#busy.delete(serverId);
        if (!entry.failed) this.#attempts.delete(serverId);
        if (entry.again) this.now(serverId);
      });
  }

  /** As part of a sweep: not while it waits for another try. */
  sweep(serverId: string): void {
    if (!this.#attempts.has(serverId)) this.now(serverId);
  }

  after(serverId: string, ms: number): void {
    if (this.#signal.aborted) return;
    this.#pauses.get(serverId)?.abort();
    const pause = new AbortController();
    this.#pauses.set(serverId, pause);
    this.#clock.sleep(Math.max(0, ms), pause.signal).then(
      () => this.now(serverId),
      () => undefined,
    );
  }

  /** It came to nothing: another try, each time later. */
  again(serverId: string, baseMs: number): void {
    const busy = this.#busy.get(serverId);
    if (busy) busy.failed = true;
    const attempt = (this.#attempts.get(serverId) ?? 0) + 1;
    this.#attempts.set(serverId, attempt);
    this.after(serverId, retryPauseMs(baseMs, attempt, Math.random()));
  }

  failed(serverId: string, error: unknown): void {
    if (this.#signal.aborted) return;
    const level = isHubError(error) && error.code === "unavailable" ? "warn" : "error";
    this.#log[level]({ err: error, serverId }, "looking at a server failed; trying again");
    this.again(serverId, lookAgainMs);
  }

  /** What was away answers again: nobody waits for the rest of a pause. */
  retryAll(): void {
    const waiting = [...this.#attempts.keys()];
    this.#attempts.clear();
    for (const serverId of waiting) this.now(serverId);
  }

  #end(): void {
    for (const pause of this.#pauses.values()) pause.abort();
  }
}
