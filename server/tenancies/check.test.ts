import { describe, expect, test } from "vitest";
import { checkOf } from "./check.ts";

const since = new Date("2026-01-05T12:00:00Z");
const none = { known: 3, unseen: 0, incomplete: [] };
const lacks = (name: string, ...missing: string[]) => ({ name, missing, checkedAt: since });

describe("the check of namespaces", () => {
  test("is well when nothing was missing, and before there is any", () => {
    expect(checkOf(none, since)).toMatchObject({ ok: true, message: "3 known, none with a piece missing." });
    expect(checkOf({ ...none, known: 0 }, since)).toMatchObject({ ok: true, message: "None is in use yet." });
  });

  test("names namespace, piece and time, ten namespaces at most", () => {
    const incomplete = Array.from({ length: 11 }, (_, n) => lacks(`berth-${n}`, "LimitRange/berth-defaults"));
    const { ok, message, fix } = checkOf({ ...none, incomplete }, since);
    expect(ok).toBe(false);
    expect(message).toContain("berth-0 (2026-01-05T12:00:00.000Z): LimitRange/berth-defaults; berth-1");
    expect(message).not.toContain("berth-10");
    expect(message).toMatch(/And more\.$/);
    expect(fix).toContain("k8s/rbac");
  });

  test("says when nobody looks any more", () => {
    expect(checkOf({ ...none, unseen: 2 }, since)).toMatchObject({
      ok: false,
      message: "2 of 3 in use have not been looked at since 2026-01-05T12:00:00.000Z.",
    });
  });
});
