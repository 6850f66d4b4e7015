import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "#server/clock.ts";
import { HubError } from "#server/errors.ts";
import { createLog } from "#server/log.ts";
import { Looks } from "./looks.ts";

const ids = Array.from({ length: 500 }, (_, n) => `server-${n}`);
let away = true;
let asked = new Map<string, number>();
let end = new AbortController();
let looks: Looks;

beforeEach(() => {
  vi.useFakeTimers();
  away = true;
  asked = new Map();
  end = new AbortController();
  looks = new Looks(
    async (id) => {
      asked.set(id, (asked.get(id) ?? 0) + 1);
      if (away) throw new HubError("unavailable", "The cluster doesn't answer.");
    },
    systemClock,
    createLog("test", "silent"),
    end.signal,
  );
});
afterEach(() => {
  end.abort();
  vi.useRealTimers();
});

const total = () => [...asked.values()].reduce((sum, n) => sum + n, 0);

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    // What the reconciler does every five seconds, whatever happens.
    if (second % 5 === 0) for (const id of ids) looks.sweep(id);
    await vi.advanceTimersByTimeAsync(1000);
  }
}

describe("five hundred servers wait for a backend that is away", () => {
  test("F-04: in ten minutes each asks at most fifty times, and then no oftener than every fifteen seconds", async () => {
    await pass(60);
    const first = total();
    expect(first).toBeGreaterThanOrEqual(ids.length * 5);
    expect(first).toBeLessThanOrEqual(ids.length * 10);
    await pass(540);
    expect(Math.max(...asked.values())).toBeLessThanOrEqual(50);
    expect(total() - first).toBeLessThanOrEqual(ids.length * (540 / 15));
  });

  test("they don't all ask at the same moment", async () => {
    await pass(120);
    let most = 0;
    for (let n = 0; n < 60; n++) {
      const before = total();
      await vi.advanceTimersByTimeAsync(1000);
      most = Math.max(most, total() - before);
    }
    expect(most).toBeLessThan(ids.length / 4);
  });

  test("its return ends every pause, and the next failure begins with a short one", async () => {
    await pass(120);
    away = false;
    const before = total();
    looks.retryAll();
    await vi.advanceTimersByTimeAsync(0);
    expect(total() - before).toBe(ids.length);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(total() - before, "what went well is not asked again").toBe(ids.length);
    away = true;
    looks.now("server-0");
    await vi.advanceTimersByTimeAsync(1000);
    expect(total() - before).toBe(ids.length + 2);
  });

  test("news of one of them is looked at without waiting", async () => {
    await pass(120);
    const before = asked.get("server-7") ?? 0;
    looks.now("server-7");
    expect(asked.get("server-7")).toBe(before + 1);
  });
});
