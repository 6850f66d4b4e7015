import { describe, expect, test } from "vitest";
import { fitsSockets, runtimeParent } from "./runtime-folder.ts";

describe("runtime folder", () => {
  test("sockets lie below the home while their paths stay within 107 bytes", () => {
    expect(runtimeParent("/var/lib/berth", "3f2a1b4c-9", "/run")).toBe("/var/lib/berth/run/s");
  });

  test("a deep home gets a short folder elsewhere, per installation", () => {
    const deep = `/srv/${"deep/".repeat(12)}berth`;
    const parent = runtimeParent(deep, "3f2a1b4c-9", "/run");
    expect(parent).toBe("/run/berth-3f2a1b4c");
    expect(fitsSockets(`${parent}/01234567`)).toBe(true);
  });

  test("bytes count, not characters", () => {
    expect(fitsSockets(`/${"ü".repeat(28)}`)).toBe(false);
    expect(fitsSockets(`/${"u".repeat(28)}`)).toBe(true);
  });
});
