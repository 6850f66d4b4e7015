import { expect, test } from "vitest";
import { serverNameProblem } from "#server/servers/names.ts";
import { newServerNameProblem } from "./new-server-name.ts";

test.each(["", "A", "1a", "a--b", "a-", "a b", "a_b", "ä", "a".repeat(31), "a", "a1", "my-server", "a".repeat(30)])(
  "“%s” is judged as the hub judges it",
  (name) => {
    expect(newServerNameProblem(name, []) === null).toBe(serverNameProblem(name) === null);
  },
);

test("a name in use is refused before the profiles are shown", () => {
  expect(newServerNameProblem("second", ["", "second"])).not.toBeNull();
});
