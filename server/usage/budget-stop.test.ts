import { expect, test } from "vitest";
import { type BudgetStopFacts, decideBudgetStop } from "./budget-stop.ts";

const now = new Date("2027-03-01T12:00:00Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);
const facts = (more: Partial<BudgetStopFacts>): BudgetStopFacts => ({
  ...{ isSpent: true, announced: null, seenForMs: 0, now, warnSeconds: 600 },
  ...more,
});
const announced = (at: Date, why = "budget") => ({ announced: { at, why } });

test("a server whose hours are spent is warned first, with the whole time", () => {
  expect(decideBudgetStop(facts({}))).toEqual({ do: "warn", at: minutes(10) });
});

test("it is stopped when the time is over and this hub has seen the warning for as long", () => {
  const seen = { seenForMs: 600_000 };
  expect(decideBudgetStop(facts({ ...announced(minutes(0)), ...seen }))).toEqual({ do: "stop" });
  expect(decideBudgetStop(facts({ ...announced(minutes(1)), ...seen }))).toEqual({ do: "keep" });
});

test("a clock that jumps ahead, or a hub that has just come, stops nothing early", () => {
  expect(decideBudgetStop(facts({ ...announced(minutes(-600)), seenForMs: 1000 }))).toEqual({ do: "keep" });
});

test("the warning goes when there are hours again", () => {
  expect(decideBudgetStop(facts({ isSpent: false, ...announced(minutes(5)) }))).toEqual({ do: "clear-warning" });
  expect(decideBudgetStop(facts({ isSpent: false }))).toEqual({ do: "keep" });
});

test("a stop that the culler announced is the culler's", () => {
  for (const isSpent of [true, false])
    expect(decideBudgetStop(facts({ isSpent, ...announced(minutes(1), "idle") }))).toEqual({ do: "keep" });
});
