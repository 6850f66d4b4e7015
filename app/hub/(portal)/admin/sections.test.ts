import { expect, test } from "vitest";
import { sections, sectionsFor } from "./sections.ts";

test("a part of the administration is offered to those who hold its scope on everything", () => {
  expect(sectionsFor(sections.map(([, scope]) => scope))).toEqual(sections.map(([name]) => name));
  expect(sectionsFor(["admin-ui", "read:audit", "read:usage!group=physics"])).toEqual(["audit"]);
  expect(sectionsFor([])).toEqual([]);
});
