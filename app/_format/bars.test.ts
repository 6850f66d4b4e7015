import { expect, test } from "vitest";
import { bucketLabel, hoursText, roundTop } from "./bars.ts";

test.each([
  [0, 1],
  [0.03, 0.05],
  [1, 1],
  [7, 10],
  [17.3, 20],
  [432, 500],
])("the axis above %d ends at %d", (largest, top) => {
  expect(roundTop(largest)).toBeCloseTo(top, 9);
});

test("a bar is named by its hour, its day or its week", () => {
  const at = new Date("2027-03-01T09:00:00Z");
  expect([3600, 86_400, 7 * 86_400].map((seconds) => bucketLabel(at, seconds))).toEqual([
    "Mar 1, 09:00",
    "Mar 1",
    "Week of Mar 1",
  ]);
});

test("hours are written with a digit where it matters", () => {
  expect([0.005, 0.04, 1.25, 9.96, 1234.5].map(hoursText)).toEqual(["0.005", "0.04", "1.3", "10", "1,235"]);
});
