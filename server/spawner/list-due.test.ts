import { describe, expect, test } from "vitest";
import { isListDue, listAtLeastEveryMs } from "./list-due.ts";

describe("everything is listed", () => {
  test("at the beginning, and after anything the watch may have missed", () => {
    expect(isListDue({ listedMsAgo: null, mayHaveMissed: false })).toBe(true);
    expect(isListDue({ listedMsAgo: 1, mayHaveMissed: true })).toBe(true);
  });

  test("while the watch is fresh, once in five minutes: thirty-second ticks in an hour are twelve lists", () => {
    let listedAtMs: number | null = null;
    let lists = 0;
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 30_000) {
      const listedMsAgo: number | null = listedAtMs === null ? null : nowMs - listedAtMs;
      if (!isListDue({ listedMsAgo, mayHaveMissed: false })) continue;
      listedAtMs = nowMs;
      lists += 1;
    }
    expect(lists).toBe(3_600_000 / listAtLeastEveryMs);
  });
});
