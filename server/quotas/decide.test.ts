import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Amounts, quotaResources } from "#db/schema/settings.ts";
import { add, beyond, boundsOf, nothing, shortagesOf, totals } from "./amounts.ts";
import { type Asking, decide, limitsOfMember } from "./decide.ts";

const asking = (more: Partial<Asking>): Asking => ({
  bounds: {},
  used: nothing,
  asked: { ...nothing, servers: 1, cpuLimitMillicores: 2000, memoryLimitBytes: 4 * 1024 ** 3 },
  limits: {},
  memberServers: 0,
  ...more,
});
const amount = fc.integer({ min: 0, max: 20 });
const someTotals = fc.array(amount, { minLength: 8, maxLength: 8 }).map((list) => {
  const byResource = new Map(quotaResources.map((resource, n) => [resource, list[n] ?? 0]));
  return totals((resource) => byResource.get(resource) ?? 0);
});
const someAmounts: fc.Arbitrary<Amounts> = fc.record(
  Object.fromEntries(quotaResources.map((resource) => [resource, amount])),
  { requiredKeys: [] },
);

describe("a start", () => {
  test("fits where nothing is said", () => {
    expect(decide(asking({ used: totals(() => 1e9) }))).toEqual({ kind: "fits" });
  });

  test("takes the last slot, and the next one is told which quota and how much is used", () => {
    const bounds = { servers: 8 };
    expect(decide(asking({ bounds, used: { ...nothing, servers: 7 } })).kind).toBe("fits");
    expect(decide(asking({ bounds, used: { ...nothing, servers: 8 } }))).toEqual({
      kind: "beyond-quota",
      short: [{ resource: "servers", asked: 1, used: 8, hard: 8 }],
    });
  });

  test("counts requests apart from limits", () => {
    const asked = { ...nothing, servers: 1, cpuLimitMillicores: 4000, cpuRequestMillicores: 500 };
    const only = (bounds: Amounts) => decide(asking({ bounds, asked })).kind;
    expect(only({ cpuRequestMillicores: 500 })).toBe("fits");
    expect(only({ cpuRequestMillicores: 499 })).toBe("beyond-quota");
    expect(only({ cpuRequestMillicores: 500, cpuLimitMillicores: 3999 })).toBe("beyond-quota");
  });

  test("of nothing scarce isn't held up by what others hold beyond a lowered quota", () => {
    const verdict = decide(asking({ bounds: { gpus: 1 }, used: { ...nothing, gpus: 4 } }));
    expect(verdict.kind).toBe("fits");
  });

  test("is bound by the member's limits too: how many, how large, how large a home", () => {
    const kind = (more: Partial<Asking>) => {
      const verdict = decide(asking(more));
      return verdict.kind === "beyond-member-limit" ? verdict.limit.limit : verdict.kind;
    };
    expect(kind({ limits: { servers: 2 }, memberServers: 1 })).toBe("fits");
    expect(kind({ limits: { servers: 2 }, memberServers: 2 })).toBe("servers");
    expect(kind({ limits: { cpuLimitMillicores: 1999 } })).toBe("cpuLimitMillicores");
    expect(kind({ limits: { memoryLimitBytes: 1 } })).toBe("memoryLimitBytes");
    expect(kind({ limits: { gpus: 0 } })).toBe("fits");
    expect(kind({ limits: { gpus: 0 }, asked: { ...nothing, servers: 1, gpus: 1 } })).toBe("gpus");
    expect(kind({ limits: { homeBytes: 10 } })).toBe("fits");
    expect(kind({ limits: { homeBytes: 10 }, asked: { ...nothing, homes: 1, storageBytes: 11 } })).toBe("homeBytes");
  });

  test("is bound by a member's own limit in place of the group's", () => {
    expect(limitsOfMember({ servers: 1, gpus: 2 }, { servers: 3 })).toEqual({ servers: 3, gpus: 2 });
  });
});

describe("quota and ceiling", () => {
  test("bind with the lower one; the ceiling alone binds as well", () => {
    const bounds = boundsOf({ quota: { servers: 5, gpus: 1 }, ceiling: { servers: 3, memoryLimitBytes: 8 } });
    expect(bounds).toEqual({ servers: 3, gpus: 1, memoryLimitBytes: 8 });
  });

  test("a quota is beyond its ceiling only where a ceiling is set", () => {
    expect(beyond({ servers: 9, gpus: 9 }, { gpus: 8 })).toEqual(["gpus"]);
    expect(beyond({ servers: 8 }, { servers: 8 })).toEqual([]);
  });
});

describe("for any amounts", () => {
  test("what fits never takes the sum beyond the bounds, and what doesn't names a resource that would", () => {
    fc.assert(
      fc.property(someAmounts, someTotals, someTotals, (bounds, used, asked) => {
        const sum = add(used, asked);
        const over = quotaResources.filter((r) => asked[r] > 0 && sum[r] > (bounds[r] ?? Number.POSITIVE_INFINITY));
        expect(
          shortagesOf(bounds, used, asked)
            .map(({ resource }) => resource)
            .sort(),
        ).toEqual([...over].sort());
      }),
    );
  });

  test("more quota never refuses what fitted", () => {
    fc.assert(
      fc.property(someAmounts, someTotals, someTotals, amount, (bounds, used, asked, more) => {
        const raised = Object.fromEntries(Object.entries(bounds).map(([key, value]) => [key, (value ?? 0) + more]));
        const before = shortagesOf(bounds, used, asked).length;
        expect(shortagesOf(raised, used, asked).length).toBeLessThanOrEqual(before);
      }),
    );
  });
});
