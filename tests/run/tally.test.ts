import { describe, expect, test } from "vitest";
import { settle, tallyPlaywright, tallyVitest } from "./tally.ts";

describe("settle", () => {
  test("a skipped test counts as failed where the part is required, and only there", () => {
    const tally = { passed: 3, failed: 1, skipped: 2 };
    expect(settle(tally, 1, true).failed).toBe(3);
    expect(settle(tally, 1, false).failed).toBe(1);
  });

  test("a runner that crashed counts as one failure, even when every test it reported passed", () => {
    expect(settle({ passed: 3, failed: 0, skipped: 0 }, 1, false).failed).toBe(1);
    expect(settle({ passed: 3, failed: 0, skipped: 0 }, 0, false).failed).toBe(0);
  });
});

test("a test file that can't be loaded counts as a failure", () => {
  const report = {
    numPassedTests: 1,
    numFailedTests: 1,
    numPendingTests: 1,
    numTodoTests: 1,
    testResults: [
      { status: "failed", assertionResults: [] },
      { status: "failed", assertionResults: [{}] },
      { status: "passed", assertionResults: [{}] },
    ],
  };
  expect(tallyVitest(report)).toEqual({ passed: 1, failed: 2, skipped: 2 });
});

test("flaky browser tests and errors outside tests count as failures", () => {
  const stats = { expected: 5, unexpected: 1, flaky: 1, skipped: 1 };
  expect(tallyPlaywright({ stats, errors: [{}] })).toEqual({ passed: 5, failed: 3, skipped: 1 });
});
