import { describe, expect, test } from "vitest";
import { parseCpuMillicores, parseMemoryBytes, parseStorageBytes } from "./quantity.ts";

describe("amounts in the configuration", () => {
  test.each([
    ["2G", 2 * 1024 ** 3],
    ["512M", 512 * 1024 ** 2],
    ["1.5G", 1.5 * 1024 ** 3],
    ["1T", 1024 ** 4],
    ["64K", 65536],
    ["2Gi", 2 * 1024 ** 3],
    [1073741824, 1073741824],
    ["1073741824", 1073741824],
  ])("memory %s is %i bytes, as JupyterHub counts", (text, bytes) => {
    expect(parseMemoryBytes(text)).toBe(bytes);
  });

  test.each(["", "G", "2g", "2GB", "2 G", "-2G", "2i", "1e9", "NaN", "２G", 0, -1, Number.POSITIVE_INFINITY])(
    "memory %s is refused",
    (text) => expect(parseMemoryBytes(text)).toBeNull(),
  );

  test.each([
    ["0.5", 500],
    [0.5, 500],
    [0.1, 100],
    [0.07, 70],
    ["500m", 500],
    ["2", 2000],
    [2, 2000],
    ["0.0001", 1],
  ])("CPU %s is %i thousandths of a core", (text, millicores) => {
    expect(parseCpuMillicores(text)).toBe(millicores);
  });

  test.each(["", "two", "2 cores", "0", 0, -1, "1.", "m", "500M"])("CPU %s is refused", (text) =>
    expect(parseCpuMillicores(text)).toBeNull(),
  );

  test.each([
    ["10Gi", 10 * 1024 ** 3],
    ["10G", 10e9],
    ["500M", 500e6],
    [1024, 1024],
  ])("storage %s is %i bytes, as Kubernetes counts", (text, bytes) => {
    expect(parseStorageBytes(text)).toBe(bytes);
  });

  test.each(["ten", "10Gb", "", "10 Gi", "0"])("storage %s is refused", (text) =>
    expect(parseStorageBytes(text)).toBeNull(),
  );
});
