import { expect, test } from "vitest";
import { localInputDate, localInputText } from "./local-time.ts";

test("a time survives the way through a field, to the minute", () => {
  const time = new Date("2027-03-01T09:17:00Z");
  expect(localInputDate(localInputText(time))).toEqual(time);
  expect(localInputText(time)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
});

test("an empty or broken field is no time", () => {
  expect([localInputDate(""), localInputDate("soon")]).toEqual([null, null]);
});
