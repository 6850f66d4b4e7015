import { describe, expect, test } from "vitest";
import { type CullFacts, decideCull } from "./cull.ts";

const now = Date.parse("2027-03-01T12:00:00Z");
const minutes = (n: number) => n * 60_000;
const rule = { idleSeconds: 3600, maxAgeSeconds: null, quietHours: [] };
const facts: CullFacts = {
  nowMs: now,
  activity: { kind: "idle", forMs: minutes(5) },
  ageMs: minutes(300),
  rule,
  quietWindow: null,
  keepUntilMs: null,
  announced: null,
  warnSeconds: 600,
};
const idle = (n: number) => ({ kind: "idle", forMs: minutes(n) }) as const;
const announced = (inMinutes: number, seenForMinutes: number, why = "idle") => ({
  stopAtMs: now + minutes(inMinutes),
  why,
  seenForMs: minutes(seenForMinutes),
});

describe("what becomes of a server", () => {
  test("somebody was there: it is kept", () => {
    expect(decideCull(facts)).toEqual({ do: "keep" });
    expect(decideCull({ ...facts, activity: idle(49) })).toEqual({ do: "keep" });
  });

  test("nobody for so long that the warning is due: it is announced", () => {
    expect(decideCull({ ...facts, activity: idle(52) })).toEqual({
      do: "warn",
      stopAtMs: now + minutes(10),
      why: "idle",
    });
    expect(decideCull({ ...facts, activity: idle(50) })).toEqual({
      do: "warn",
      stopAtMs: now + minutes(10),
      why: "idle",
    });
  });

  test("idle for days when first seen: still the whole warning first", () => {
    expect(decideCull({ ...facts, activity: idle(5000) })).toEqual({
      do: "warn",
      stopAtMs: now + minutes(10),
      why: "idle",
    });
  });

  test("the announced time has come and nobody came: it is stopped", () => {
    expect(decideCull({ ...facts, activity: idle(61), announced: announced(0, 10) })).toEqual({
      do: "stop",
      why: "idle",
    });
  });

  test("not before the announced time", () => {
    expect(decideCull({ ...facts, activity: idle(61), announced: announced(1, 10) })).toEqual({ do: "keep" });
  });

  test("R-07 not when this culler hasn't watched for the whole warning, whatever the wall clock says", () => {
    expect(decideCull({ ...facts, activity: idle(65), announced: announced(-1, 3) })).toEqual({ do: "keep" });
    // A jump of a day leaves the announcement behind: it is made again.
    expect(decideCull({ ...facts, activity: idle(61), announced: announced(-1440, 20) })).toEqual({
      do: "warn",
      stopAtMs: now + minutes(10),
      why: "idle",
    });
  });

  test("somebody came back: the announcement goes", () => {
    expect(decideCull({ ...facts, activity: idle(2), announced: announced(3, 7) })).toEqual({ do: "clear-warning" });
  });

  test("a kernel computes, or nobody knows: the announcement goes, and nothing is stopped", () => {
    for (const kind of ["busy", "unknown"] as const) {
      expect(decideCull({ ...facts, activity: { kind }, announced: announced(-1, 20) })).toEqual({
        do: "clear-warning",
      });
      expect(decideCull({ ...facts, activity: { kind } })).toEqual({ do: "keep" });
    }
  });

  test("a wish to keep it counts until it is over, and then there is a warning again", () => {
    const kept = { ...facts, activity: idle(200), announced: announced(2, 8), keepUntilMs: now + minutes(60) };
    expect(decideCull(kept)).toEqual({ do: "clear-warning" });
    expect(decideCull({ ...kept, announced: null, keepUntilMs: now + minutes(5) })).toEqual({
      do: "warn",
      stopAtMs: now + minutes(10),
      why: "idle",
    });
  });

  test("a maximum age stops a busy server too, with the same warning, and no wish goes beyond it", () => {
    const old = { ...facts, activity: { kind: "busy" }, rule: { ...rule, maxAgeSeconds: 86_400 } } as const;
    expect(decideCull({ ...old, ageMs: minutes(1000) })).toEqual({ do: "keep" });
    const due = { ...old, ageMs: minutes(1435), keepUntilMs: now + minutes(600) };
    expect(decideCull(due)).toEqual({ do: "warn", stopAtMs: now + minutes(10), why: "max-age" });
    expect(decideCull({ ...due, ageMs: minutes(1446), announced: announced(0, 10, "max-age") })).toEqual({
      do: "stop",
      why: "max-age",
    });
  });

  test("quiet hours: announced before they begin, not for who asked to keep it beyond them", () => {
    const quietWindow = { startMs: now + minutes(8), endMs: now + minutes(400) };
    const soon = { ...facts, activity: { kind: "busy" }, quietWindow } as const;
    expect(decideCull(soon)).toEqual({ do: "warn", stopAtMs: now + minutes(10), why: "quiet-hours" });
    expect(decideCull({ ...soon, keepUntilMs: now + minutes(60) })).toEqual({ do: "keep" });
    expect(decideCull({ ...soon, keepUntilMs: now + minutes(500) })).toEqual({ do: "keep" });
    const begun = { startMs: now - minutes(2), endMs: now + minutes(400) };
    expect(decideCull({ ...soon, quietWindow: begun, announced: announced(-1, 12, "quiet-hours") })).toEqual({
      do: "stop",
      why: "quiet-hours",
    });
  });

  test("another reason is another announcement, with its whole warning", () => {
    const both = { ...facts, activity: idle(61), rule: { ...rule, maxAgeSeconds: 18_000 }, ageMs: minutes(302) };
    expect(decideCull({ ...both, announced: announced(0, 10) })).toEqual({
      do: "warn",
      stopAtMs: now + minutes(10),
      why: "max-age",
    });
  });

  test("a short idle time is warned of at its half, so that a coffee isn't an announcement", () => {
    const short = { ...facts, rule: { ...rule, idleSeconds: 300 } };
    expect(decideCull({ ...short, activity: idle(2) })).toEqual({ do: "keep" });
    expect(decideCull({ ...short, activity: idle(3) })).toEqual({ do: "warn", stopAtMs: now + 150_000, why: "idle" });
  });

  test("never, where the rule says never", () => {
    expect(decideCull({ ...facts, activity: idle(100_000), rule: { ...rule, idleSeconds: null } })).toEqual({
      do: "keep",
    });
  });
});
