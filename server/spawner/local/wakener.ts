import type { Clock } from "#server/clock.ts";

/** Pauses that end early when something happened. */
export class Wakener {
  readonly #clock: Clock;
  readonly #sleepers = new Set<AbortController>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    for (const sleeper of this.#sleepers) sleeper.abort();
  }

  async pause(ms: number, signal: AbortSignal): Promise<void> {
    const sleeper = new AbortController();
    this.#sleepers.add(sleeper);
    await this.#clock.sleep(ms, AbortSignal.any([signal, sleeper.signal])).catch(() => undefined);
    this.#sleepers.delete(sleeper);
  }
}
