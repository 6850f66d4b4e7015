import { describe, expect, test } from "vitest";
import { describeFailures, filesToTryAgain, settleSecondTry } from "./second-try.ts";
import { count, type FileTally } from "./tally.ts";

function file(name: string, passed: number, ...failed: string[]): FileTally {
  return { file: name, passed, skipped: 0, failures: failed.map((title) => ({ title, message: `${title}: no` })) };
}

describe("filesToTryAgain", () => {
  test("names the files with a failure, a few at most", () => {
    expect(filesToTryAgain([file("/p/a", 3), file("/p/b", 1, "x", "y")])).toEqual(["/p/b"]);
    expect(filesToTryAgain(["a", "b", "c", "d", "e"].map((name) => file(name, 0, "x")))).toEqual([]);
  });

  test("there is no second try for what failed outside the files", () => {
    expect(filesToTryAgain([file("/p/b", 1, "x"), file("", 0, "the runner ended with 1")])).toEqual([]);
  });
});

describe("settleSecondTry", () => {
  test("what passes the second time is passed, and named", () => {
    const { tally, passedAtSecondTry } = settleSecondTry([file("/p/a", 3), file("/p/b", 1, "x")], [file("/p/b", 2)]);
    expect(count(tally)).toEqual({ passed: 5, failed: 0, skipped: 0 });
    expect(describeFailures(passedAtSecondTry, "/p")).toBe("- b: x\n    x: no");
  });

  test("what fails twice stays failed, what fails only the second time fails too", () => {
    const { tally, passedAtSecondTry } = settleSecondTry([file("/p/b", 1, "x", "y")], [file("/p/b", 1, "y", "z")]);
    expect(count(tally)).toEqual({ passed: 1, failed: 2, skipped: 0 });
    expect(describeFailures(passedAtSecondTry, "/p")).toBe("- b: x\n    x: no");
  });

  test("a second run that crashes, or runs nothing, clears nothing", () => {
    const first = [file("/p/b", 1, "x")];
    expect(count(settleSecondTry(first, []).tally).failed).toBe(1);
    expect(count(settleSecondTry(first, [file("/p/b", 2), file("", 0, "the runner ended with 1")]).tally).failed).toBe(
      1,
    );
  });
});

test("a failure is described without its colours and the test runner's own frames, and cut when it is long", () => {
  const frame = "\n    at run (file:///p/node_modules/vitest/run.js:1:2)\n    at new Promise (<anonymous>)";
  const message = `\u001b[31mexpected 1\u001b[39m${frame}\n\n${"y".repeat(2_000)}`;
  const text = describeFailures([{ ...file("/p/b", 0), failures: [{ title: "x", message }] }], "/p");
  expect(text.startsWith("- b: x\n    expected 1\n    yyy")).toBe(true);
  expect(text.length).toBeLessThan(1_600);
});
