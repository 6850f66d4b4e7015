import { expect, test } from "vitest";
import { csvOf } from "./csv.ts";

test("what needs quotes gets them, and lines end as RFC 4180 says", () => {
  expect(
    csvOf([
      ["a", 'say "hi"', "x,y"],
      ["two\nlines", "", "ü"],
    ]),
  ).toBe('a,"say ""hi""","x,y"\r\n"two\nlines",,ü\r\n');
});

test.each(["=1+1", "+cmd", "-x", "@SUM(A1)", "\tx"])("S-09: %j can't run as a formula in a spreadsheet", (text) => {
  expect(csvOf([[text]])).toBe(`'${text}\r\n`);
});

test("numbers stay numbers", () => {
  expect(csvOf([["-1.5", "12"]])).toBe("-1.5,12\r\n");
});
