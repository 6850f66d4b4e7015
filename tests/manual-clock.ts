import type { Clock } from "#server/clock.ts";

/** Time that only a test moves. `sleep` resolves at once and moves it, so nothing waits. */
export class ManualClock implements Clock {
  #now: number;
  readonly #start: number;

  constructor(start = "2027-03-01T08:00:00.000Z") {
    this.#now = Date.parse(start);
    this.#start = this.#now;
  }

  now(): Date {
    return new Date(this.#now);
  }

  monotonicMs(): number {
    return this.#now - this.#start;
  }

  async sleep(ms: number): Promise<void> {
    this.advance(ms / 1000);
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }
}
