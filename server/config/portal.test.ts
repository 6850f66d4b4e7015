import { expect, test } from "vitest";
import { Portal } from "./portal.ts";

test("without a word the portal is Berth, in its blue", () => {
  expect(Portal.parse({})).toEqual({ name: "Berth", accent: "#2458b8" });
});

test("a short colour is the same as its long form", () => {
  expect(Portal.parse({ accent: "#a0F" }).accent).toBe("#aa00FF");
  expect(Portal.parse({ accent: "#7A003C" }).accent).toBe("#7A003C");
});

test.each(["red", "#12345", "#2458b8;}</style>", "rgb(1,2,3)", "", "#2458b8\n"])(
  "%j is no colour, so nothing but a colour gets into the pages' style",
  (accent) => expect(Portal.safeParse({ accent }).error?.issues[0]?.message).toContain("#rrggbb"),
);

test.each(["", "   ", "x".repeat(61)])("the name %j is refused", (name) => {
  expect(Portal.safeParse({ name }).success).toBe(false);
});
