import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryPauseMs } from "./retry-pause.ts";

describe("the pause before another try", () => {
  test("doubles, up to half a minute", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 1000].map((attempt) => retryPauseMs(1000, attempt, 0));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("is never shorter than half of what it would be, nor longer than half a minute", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30_000 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (base, attempt, chance) => {
          const pause = retryPauseMs(base, attempt, chance);
          expect(pause).toBeGreaterThanOrEqual(Math.min(30_000, base * 2 ** Math.min(attempt - 1, 30)) / 2);
          expect(pause).toBeLessThanOrEqual(30_000);
        },
      ),
    );
  });

  test("keeps to a backend that asks for longer than that", () => {
    expect(retryPauseMs(60_000, 1, 0.5)).toBe(60_000);
  });
});
