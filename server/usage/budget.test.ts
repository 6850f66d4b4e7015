import { describe, expect, test } from "vitest";
import type { Budget } from "#db/schema/settings.ts";
import { remainingHours, roundHours, spentBudget, spentSentence } from "./budget.ts";

const used = (cpuHours: number, gpuHours = 0) => ({ serverHours: 1, cpuHours, memoryGibHours: 0, gpuHours });
const budget: Budget = {
  windowDays: 30,
  group: { cpuHours: 100 },
  member: { cpuHours: 20, gpuHours: 2 },
  whenSpent: "refuse-start",
};

describe("a budget", () => {
  test("that isn't set stops nobody", () => {
    expect(spentBudget(null, { group: used(1e9), member: used(1e9) }, { gpus: 1 })).toBeNull();
  });

  test("is spent when its last hour is used, and not before", () => {
    expect(spentBudget(budget, { group: used(99.9), member: used(19.9) }, { gpus: 0 })).toBeNull();
    expect(spentBudget(budget, { group: used(20), member: used(20) }, { gpus: 0 })).toMatchObject({
      whose: "member",
      resource: "cpuHours",
    });
    expect(spentBudget(budget, { group: used(100), member: used(3) }, { gpus: 0 })).toMatchObject({ whose: "group" });
  });

  test("of GPU hours holds back only servers that take a GPU", () => {
    const spent = { group: used(10, 5), member: used(10, 5) };
    expect(spentBudget(budget, spent, { gpus: 0 })).toBeNull();
    expect(spentBudget(budget, spent, { gpus: 1 })).toMatchObject({ resource: "gpuHours", allowedHours: 2 });
  });

  test("of nought hours refuses the first start", () => {
    expect(
      spentBudget({ ...budget, member: { cpuHours: 0 } }, { group: used(0), member: used(0) }, { gpus: 0 }),
    ).not.toBe(null);
  });

  test("is told with numbers, a unit and its days", () => {
    const spent = spentBudget(budget, { group: used(120.4), member: used(1) }, { gpus: 0 });
    expect(spent === null ? "" : spentSentence(spent, "physics")).toBe(
      "Group physics has used 120 of 100 CPU hours of the last 30 days.",
    );
  });

  test("leaves a member the smaller of their own rest and the group's", () => {
    expect(remainingHours(budget, { group: used(95), member: used(5, 0.5) })).toEqual({ cpuHours: 5, gpuHours: 1.5 });
    expect(remainingHours(budget, { group: used(300), member: used(5) }).cpuHours).toBe(0);
  });
});

test.each([
  [0, "0"],
  [1.25, "1.3"],
  [12, "12"],
  [119.7, "120"],
])("%d hours are written %s", (hours, text) => {
  expect(roundHours(hours)).toBe(text);
});
