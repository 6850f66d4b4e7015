import { describe, expect, test } from "vitest";
import { clockCheck, versionCheck } from "./api.ts";

describe("the API server's version", () => {
  test.each(["v1.24.0", "v1.27.3+k3s1", "v1.30.1-gke.1151000", "v1.34.4", "1.28"])("%s is supported", (version) => {
    expect(versionCheck(version)).toMatchObject({ ok: true, message: `Answers, version ${version}.` });
  });

  test("older than 1.24 is wrong, newer than what was tried is said, and what can't be read is no fault", () => {
    expect(versionCheck("v1.23.17")).toMatchObject({
      ok: false,
      message: expect.stringContaining("needs 1.24 or newer"),
    });
    expect(versionCheck("v1.41.0")).toMatchObject({ ok: true, message: expect.stringContaining("tested up to 1.34") });
    expect(versionCheck("weekly-build")).toMatchObject({ ok: true, message: expect.stringContaining("weekly-build") });
  });
});

describe("the API server's clock", () => {
  const date = new Date("2026-01-01T12:00:00Z");
  const asked = (offsetMs: number) => ({ fromMs: date.getTime() + offsetMs, untilMs: date.getTime() + offsetMs + 50 });

  test("within two seconds of what its whole seconds can mean, nothing is said", () => {
    for (const offsetMs of [-2050, 0, 999, 2999])
      expect(clockCheck(date, asked(offsetMs)).ok, `${offsetMs}`).toBe(true);
  });

  test("further apart it is wrong, either way, and says by how much", () => {
    expect(clockCheck(date, asked(-10_050))).toMatchObject({ ok: false, message: expect.stringContaining("10.0 s") });
    expect(clockCheck(date, asked(60_999))).toMatchObject({ ok: false, message: expect.stringContaining("60.0 s") });
  });

  test("a slow answer is no skew", () => {
    expect(clockCheck(date, { fromMs: date.getTime() - 20_000, untilMs: date.getTime() + 10_000 }).ok).toBe(true);
  });
});
