import type { Clock } from "#server/clock.ts";

type Sleeper = { readonly dueMs: number; wake(): void };

/** Time that only a test moves, and that sleepers wait for: `advance` wakes those whose time has come. */
export class SteppingClock implements Clock {
  #ms = 0;
  readonly #start = Date.parse("2027-03-01T08:00:00.000Z");
  readonly #sleepers = new Set<Sleeper>();

  now(): Date {
    return new Date(this.#start + this.#ms);
  }

  monotonicMs(): number {
    return this.#ms;
  }

  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const giveUp = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        dueMs: this.#ms + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  advance(ms: number): void {
    this.#ms += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.dueMs <= this.#ms) sleeper.wake();
  }
}
