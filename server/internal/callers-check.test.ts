import { describe, expect, test } from "vitest";
import { callersChecks } from "./callers-check.ts";

const at = new Date("2026-01-01T12:00:00Z");
const judged = (edges: string[], web: string | null) =>
  callersChecks({ edges, web: web === null ? null : { version: web, at } }, "2.0.0");

describe("edge and web, as the hub that is asked knows them", () => {
  test("of the hub's version: how many, and when the pages last asked", () => {
    expect(judged(["2.0.0", "2.0.0"], "2.0.0")).toMatchObject([
      { ok: true, message: "2 take their routes from this hub, of its version (2.0.0)." },
      { ok: true, message: "Last asked this hub at 2026-01-01T12:00:00.000Z, of its version (2.0.0)." },
    ]);
  });

  test("versions that are mixed are named, with what to do if it stays", () => {
    const [edges, web] = judged(["2.0.0", "1.9.0", "unknown", "1.9.0"], "1.9.0");
    expect(edges).toMatchObject({
      ok: false,
      message: expect.stringMatching(/of another version: 1\.9\.0, unknown\.$/),
    });
    expect(web).toMatchObject({ ok: false, message: expect.stringMatching(/of version 1\.9\.0; the hub is 2\.0\.0/) });
    expect([edges?.fix, web?.fix]).toEqual([
      expect.stringContaining("deployment/edge"),
      expect.stringContaining("deployment/web"),
    ]);
  });

  test("that nobody asked this hub is no fault: another one may be asked", () => {
    expect(judged([], null).every(({ ok }) => ok)).toBe(true);
  });
});
