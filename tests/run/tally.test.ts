import { describe, expect, test } from "vitest";
import { count, settle, type Tally, tallyPlaywright, tallyVitest } from "./tally.ts";

const failure = { title: "a guarantee", message: "it didn't hold" };

describe("settle", () => {
  const tally: Tally = [{ file: "/p/a.test.ts", passed: 3, skipped: 2, failures: [failure] }];

  test("a skipped test counts as failed where the part is required, and only there", () => {
    expect(count(settle(tally, 1, true))).toEqual({ passed: 3, failed: 3, skipped: 0 });
    expect(count(settle(tally, 1, false))).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });

  test("a runner that crashed counts as one failure, even when every test it reported passed", () => {
    const passed: Tally = [{ file: "/p/a.test.ts", passed: 3, skipped: 0, failures: [] }];
    expect(count(settle(passed, 1, false)).failed).toBe(1);
    expect(count(settle(passed, 0, false)).failed).toBe(0);
  });
});

test("a test file that can't be loaded, or whose hook fails, counts as a failure", () => {
  const report = {
    testResults: [
      { name: "/p/broken.test.ts", status: "failed", message: "no such module", assertionResults: [] },
      {
        name: "/p/hook.test.ts",
        status: "failed",
        message: "the hook failed",
        assertionResults: [{ status: "skipped" }, { status: "passed" }],
      },
      {
        name: "/p/one.test.ts",
        status: "failed",
        assertionResults: [
          { status: "failed", fullName: failure.title, failureMessages: [failure.message] },
          { status: "todo" },
          { status: "passed" },
        ],
      },
    ],
  };
  const tally = tallyVitest(report);
  expect(count(tally)).toEqual({ passed: 2, failed: 3, skipped: 2 });
  expect(tally.map(({ failures }) => failures[0]?.message)).toEqual([
    "no such module",
    "the hook failed",
    failure.message,
  ]);
});

test("flaky browser tests and errors outside tests count as failures; tests in groups are counted", () => {
  const spec = (status: string) => ({
    title: status,
    tests: [{ status, results: status === "expected" ? [{}] : [{ error: { message: "no button" } }, {}] }],
  });
  const tally = tallyPlaywright({
    config: { rootDir: "/p/tests/e2e" },
    suites: [
      { file: "a.spec.ts", specs: [spec("expected"), spec("flaky")], suites: [{ specs: [spec("unexpected")] }] },
      { file: "b.spec.ts", specs: [spec("skipped")], suites: [{ suites: [{ specs: [spec("expected")] }] }] },
    ],
    errors: [{ message: "no such file" }],
  });
  expect(count(tally)).toEqual({ passed: 2, failed: 3, skipped: 1 });
  expect(tally[0]).toEqual({
    file: "/p/tests/e2e/a.spec.ts",
    passed: 1,
    skipped: 0,
    failures: [
      { title: "flaky", message: "no button" },
      { title: "unexpected", message: "no button" },
    ],
  });
});
