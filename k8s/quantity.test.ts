import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesInWords,
  parseCpuMillicores,
  parseJupyterHubBytes,
  parseKubernetesBytes,
  parseKubernetesQuantity,
  printBytes,
  printCpu,
  QuantityError,
} from "./quantity.ts";

describe("quantities as Kubernetes reads them", () => {
  test.each([
    ["2G", 2e9],
    ["2Gi", 2 * 2 ** 30],
    ["512M", 512e6],
    ["512Mi", 512 * 2 ** 20],
    ["1k", 1000],
    ["1.5", 1.5],
    ["500m", 0.5],
    ["1e3", 1000],
    [".5", 0.5],
    ["5.", 5],
    ["0", 0],
    [1.5, 1.5],
  ])("%j is %d", (text, value) => {
    expect(parseKubernetesQuantity(text)).toBe(value);
  });

  test.each([
    ["500m", 500],
    ["1.5", 1500],
    [1.5, 1500],
    ["1.1", 1100],
    ["0.0001", 1],
    ["2", 2000],
    [0.1, 100],
  ])("%j of CPU is %d millicores", (text, millicores) => {
    expect(parseCpuMillicores(text)).toBe(millicores);
  });
});

describe("memory as JupyterHub reads it", () => {
  test.each([
    ["2G", 2 * 2 ** 30],
    ["2Gi", 2 * 2 ** 30],
    ["512M", 512 * 2 ** 20],
    ["1.5G", 1.5 * 2 ** 30],
    ["1T", 2 ** 40],
    ["4K", 4096],
    [1073741824, 2 ** 30],
    ["1000", 1000],
  ])("%j is %d bytes", (text, bytes) => {
    expect(parseJupyterHubBytes(text)).toBe(bytes);
  });

  test("the same text is less to Kubernetes: 2G there is 10^9", () => {
    expect(parseJupyterHubBytes("2G") - parseKubernetesBytes("2G")).toBe(2 * 2 ** 30 - 2e9);
  });
});

describe("a quantity that can't be read is named, with what would do", () => {
  test.each(["", "G", "two", "-1G", "1 G", "1GB", "1gi", "1g", "0x10", "1e999", "9999E", "1,5", "NaN", "Infinity"])(
    "%j",
    (text) => {
      expect(() => parseKubernetesQuantity(text)).toThrow(QuantityError);
      expect(() => parseKubernetesQuantity(text)).toThrow(`“${text}” is not a quantity`);
      expect(() => parseJupyterHubBytes(text)).toThrow(QuantityError);
    },
  );

  test.each(["500m", "1k", "1e3", "1P"])("%j is no memory to JupyterHub", (text) => {
    expect(() => parseJupyterHubBytes(text)).toThrow(/no unit JupyterHub knows/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("the number %d", (value) => {
    expect(() => parseKubernetesQuantity(value)).toThrow(QuantityError);
  });
});

describe("printed quantities", () => {
  test("are read back as what they were", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 256_000 }), (bytes, millicores) => {
        expect(parseKubernetesBytes(printBytes(bytes))).toBe(bytes);
        expect(parseCpuMillicores(printCpu(millicores))).toBe(millicores);
      }),
    );
  });

  test("are short where they can be", () => {
    expect([2 ** 31, 1536 * 2 ** 20, 1000, 0, 2 ** 40].map(printBytes)).toEqual(["2Gi", "1536Mi", "1000", "0", "1Ti"]);
    expect([2000, 1500, 0].map(printCpu)).toEqual(["2", "1500m", "0"]);
  });

  test("read like words in sentences", () => {
    expect([2 ** 31, 1.5 * 2 ** 30, 512 * 2 ** 20, 100, 2e9].map(bytesInWords)).toEqual([
      "2 GiB",
      "1.5 GiB",
      "512 MiB",
      "100 bytes",
      "1.9 GiB",
    ]);
  });
});
