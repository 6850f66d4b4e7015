import { expect, test } from "vitest";
import { localInputDate, localInputText, sinceText } from "./local-time.ts";

test("a time survives the way through a field, to the minute", () => {
  const time = new Date("2027-03-01T09:17:00Z");
  expect(localInputDate(localInputText(time))).toEqual(time);
  expect(localInputText(time)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
});

test("an empty or broken field is no time", () => {
  expect([localInputDate(""), localInputDate("soon")]).toEqual([null, null]);
});

test("since when: the time of today, the day as well of another, UTC until the reader's clock is known", () => {
  const at = new Date(2027, 2, 1, 12, 3);
  expect(sinceText(at, new Date(2027, 2, 1, 23, 59))).toBe("12:03");
  expect(sinceText(at, new Date(2027, 2, 2, 0, 1))).toBe("1 Mar 2027, 12:03");
  expect(sinceText(new Date("2027-03-01T12:03:00Z"), null)).toBe("12:03 UTC");
});
