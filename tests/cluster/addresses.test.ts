import { expect, test } from "vitest";
import { overlap } from "./addresses.ts";

test("two subnets overlap when one holds an address of the other", () => {
  expect(overlap("10.244.0.0/24", "10.244.0.7")).toBe(true);
  expect(overlap("10.244.0.0/24", "10.0.0.0/8")).toBe(true);
  expect(overlap("10.244.0.0/24", "10.244.1.0/24")).toBe(false);
  expect(overlap("10.250.0.1/32", "10.250.0.2")).toBe(false);
});
