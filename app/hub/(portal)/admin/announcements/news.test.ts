import { expect, test } from "vitest";
import { newsStateOf } from "./news.ts";

test("an announcement is planned until it begins, shown until it ends, and over then", () => {
  const at = (hour: number) => new Date(Date.UTC(2027, 2, 1, hour));
  const news = { startsAt: at(9), endsAt: at(11) };
  expect([8, 9, 10, 11, 12].map((hour) => newsStateOf(news, at(hour)))).toEqual([
    "planned",
    "now",
    "now",
    "over",
    "over",
  ]);
  expect(newsStateOf({ ...news, endsAt: null }, at(23))).toBe("now");
});
