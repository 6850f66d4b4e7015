import { expect, test } from "vitest";
import { parseCpuMillicores, parseMemoryBytes } from "#server/profiles/quantity.ts";
import { writtenBytes, writtenCpu } from "./written.ts";

test("an amount is written so that the hub reads the very same amount", () => {
  for (const millicores of [1, 250, 500, 1000, 1500, 64_000]) {
    expect(parseCpuMillicores(writtenCpu(millicores))).toBe(millicores);
  }
  for (const bytes of [1, 1000, 1024, 512 * 1024 ** 2, 3.5 * 1024 ** 3, 2 * 1024 ** 4]) {
    expect(parseMemoryBytes(writtenBytes(bytes))).toBe(bytes);
  }
  expect([writtenCpu(500), writtenCpu(4000), writtenBytes(8 * 1024 ** 3), writtenBytes(0)]).toEqual([
    "500m",
    "4",
    "8Gi",
    "0",
  ]);
});
