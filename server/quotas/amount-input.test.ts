import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HubError } from "#server/errors.ts";
import { AmountsInput, inputKeyOf, limitsWithWritten, withWritten } from "./amount-input.ts";

const gib = 1024 ** 3;
const refusal = (work: () => unknown): HubError => {
  try {
    work();
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  return expect.unreachable("it was accepted");
};

describe("amounts as people write them", () => {
  test.each([
    [{ cpuLimit: "4" }, { cpuLimitMillicores: 4000 }],
    [{ cpuRequest: "500m" }, { cpuRequestMillicores: 500 }],
    [{ cpuLimit: 0.5 }, { cpuLimitMillicores: 500 }],
    [{ memoryLimit: "8Gi" }, { memoryLimitBytes: 8 * gib }],
    [{ memoryLimit: " 8 GiB " }, { memoryLimitBytes: 8 * gib }],
    [{ memoryRequest: "1.5G" }, { memoryRequestBytes: 1.5 * gib }],
    [{ storage: "500G" }, { storageBytes: 5e11 }],
    [{ storage: "1Ti" }, { storageBytes: 1024 * gib }],
    [
      { servers: 8, homes: "20", gpus: "0" },
      { servers: 8, homes: 20, gpus: 0 },
    ],
    [
      { memoryLimit: 0, cpuLimit: "0m", storage: "0Gi" },
      { memoryLimitBytes: 0, cpuLimitMillicores: 0, storageBytes: 0 },
    ],
  ])("%o", (said, expected) => {
    expect(withWritten({}, AmountsInput.parse(said), "quota")).toEqual(expected);
  });

  test("what isn't said stays, and null takes a rule away", () => {
    expect(withWritten({ servers: 3, gpus: 1, homes: 2 }, { gpus: null, homes: 4 }, "quota")).toEqual({
      servers: 3,
      homes: 4,
    });
    expect(limitsWithWritten({ servers: 1 }, { home: "5Gi", hoursPerWeek: "7.5" }, "limits")).toEqual({
      servers: 1,
      homeBytes: 5 * gib,
      hoursPerWeek: 7.5,
    });
  });

  test.each([
    [{ cpuLimit: "-4" }, "quota.cpuLimit", "negative"],
    [{ servers: -1 }, "quota.servers", "negative"],
    [{ memoryLimit: "lots" }, "quota.memoryLimit", "no amount"],
    [{ memoryLimit: "8Xi" }, "quota.memoryLimit", "no amount"],
    [{ memoryLimit: "" }, "quota.memoryLimit", "no amount"],
    [{ servers: "1.5" }, "quota.servers", "no amount"],
    [{ gpus: 0.5 }, "quota.gpus", "no amount"],
    [{ servers: "1e3" }, "quota.servers", "no amount"],
    [{ servers: "0x10" }, "quota.servers", "no amount"],
    [{ gpus: "500m" }, "quota.gpus", "no amount"],
    [{ cpuLimit: "8Gi" }, "quota.cpuLimit", "no amount"],
    [{ servers: 1e9 }, "quota.servers", "more than any cluster"],
    [{ cpuLimit: "99999999999" }, "quota.cpuLimit", "more than any cluster"],
    [{ storage: "9000000Ti" }, "quota.storage", /no amount|more than any cluster/],
  ])("%o is refused with one message and its field", (said, field, message) => {
    const error = refusal(() => withWritten({}, AmountsInput.parse(said), "quota"));
    expect(error).toMatchObject({ code: "invalid", detail: { field } });
    expect(error.publicMessage).toMatch(message);
  });

  test.each<unknown>([
    { cpuLimit: Number.NaN },
    { servers: Number.POSITIVE_INFINITY },
    { servers: true },
    { servers: ["8"] },
    { servers: {} },
    { ram: "8Gi" },
    { cpuLimitMillicores: 4 },
    { __proto__: { servers: 1 }, constructor: 1 },
    { servers: "8".repeat(1000) },
  ])("%o is no such input at all", (said) => {
    expect(AmountsInput.safeParse(said).success).toBe(false);
  });

  test("any text is an amount that is safe to count with, or a refusal with its field", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.stringMatching(/^[0-9.]{1,12}[kKMGTPmi]{0,3}B?$/),
      fc.double(),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("cpuLimit", "memoryLimit", "storage", "servers"), (said, key) => {
        const parsed = AmountsInput.safeParse({ [key]: said });
        if (!parsed.success) return;
        try {
          const [amount] = Object.values(withWritten({}, parsed.data, "quota"));
          expect(Number.isSafeInteger(amount) && (amount ?? -1) >= 0).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid", detail: { field: `quota.${key}` } });
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("a resource is called by its own key", () => {
    expect(inputKeyOf("storageBytes")).toBe("storage");
    expect(inputKeyOf("cpuRequestMillicores")).toBe("cpuRequest");
  });
});

const PiB = 1024 ** 5;

describe("petabytes, and amounts beyond any cluster", () => {
  test.each([
    ["3Pi", 3 * PiB],
    ["0.5 PiB", PiB / 2],
    ["4P", 4 * PiB],
  ])("memory of %s is understood", (memoryLimit, memoryLimitBytes) =>
    expect(withWritten({}, { memoryLimit }, "quota")).toEqual({ memoryLimitBytes }),
  );

  test.each([
    { memoryLimit: "5Pi" },
    { memoryRequest: "1 EiB" },
    { memoryLimit: "99999999999Ti" },
    { storage: "5Pi" },
    { storage: "2E" },
    { cpuLimit: "99999999999999999999" },
    { servers: "99999999999999999999" },
  ])("%j is told to be more than any cluster has", (said) =>
    expect(() => withWritten({}, said, "quota")).toThrow(/is more than any cluster has: at most/),
  );

  test("so are hours, and the sentence names what was written", () =>
    expect(() => limitsWithWritten({}, { hoursPerWeek: "99999999999999" }, "limits")).toThrow(
      "“99999999999999” is more than any cluster has: at most 168,000.",
    ));

  test.each([{ memoryLimit: "Pi" }, { memoryLimit: "5Xi" }, { cpuLimit: "5Pi" }, { servers: "9999999999 or so" }])(
    "%j is no amount",
    (said) => expect(() => withWritten({}, said, "quota")).toThrow("is no amount here"),
  );
});
