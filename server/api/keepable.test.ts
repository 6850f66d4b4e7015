import { expect, test } from "vitest";
import { refuseUnkeepable } from "./keepable.ts";

test.each([
  ["\0", ""],
  [{ note: "a\0b" }, "note"],
  [{ users: ["ana", { name: "\ud800" }] }, "users.1.name"],
  [{ limits: { "a\0": 1 } }, "limits"],
])("an input with a text no database keeps is refused with its field: %j", (input, field) => {
  expect(() => refuseUnkeepable(input)).toThrow(expect.objectContaining({ code: "invalid", detail: { field } }));
});

test("any other input is let through, however deep it goes", () => {
  let deep: unknown = "🦘 ü\n\t";
  for (let level = 0; level < 100_000; level++) deep = [deep];
  for (const input of [undefined, null, 7, "", "🦘", { at: new Date(), list: [1, true] }])
    expect(() => refuseUnkeepable(input)).not.toThrow();
  expect(() => refuseUnkeepable(deep)).not.toThrow();
});
