import type { Clock } from "#server/clock.ts";

type Entry<T> = { readonly value: Promise<T>; readonly madeMs: number };

/**
 * Answers that may be a minute old, by what was asked: sums over everybody's runs cost a scan, and ten admins with the page open should
 * cost one. Two who ask at once wait for the same answer; a failure isn't kept.
 */
export class Remembered<T> {
  readonly #clock: Clock;
  readonly #forMs: number;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(clock: Clock, forMs: number) {
    this.#clock = clock;
    this.#forMs = forMs;
  }

  async get(question: string, make: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { madeMs }] of this.#entries) if (nowMs - madeMs >= this.#forMs) this.#entries.delete(key);
    const known = this.#entries.get(question);
    if (known !== undefined) return await known.value;
    const value = make();
    this.#entries.set(question, { value, madeMs: nowMs });
    return await value.catch((error: unknown) => {
      if (this.#entries.get(question)?.value === value) this.#entries.delete(question);
      throw error;
    });
  }
}
