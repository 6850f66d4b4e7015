import { type Clock, systemClock } from "#server/clock.ts";

/** The machine's clock, put forward by a test: real timers, another hour. */
export class ShiftedClock implements Clock {
  #aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  monotonicMs(): number {
    return performance.now() + this.#aheadMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }
}
