import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { retriesMutation, retriesQuery, retryPauseMs } from "./query-client.ts";

const refused = (hubCode: string) =>
  TRPCClientError.from({ error: { code: -32_000, message: "no", data: { hubCode } } });
const unanswered = TRPCClientError.from(new TypeError("Failed to fetch"));
const retriesOf = (retries: (failures: number, error: unknown) => boolean, error: unknown) =>
  [0, 1, 2, 3, 4, 5].filter((failures) => retries(failures, error)).length;

test("F-03, F-11: what a hub or database that is being replaced didn't answer is asked again for a quarter of a minute", () => {
  for (const error of [unanswered, refused("unavailable")]) {
    expect(retriesOf(retriesQuery, error)).toBe(4);
    expect(retriesOf(retriesMutation, error)).toBe(4);
  }
  expect([0, 1, 2, 3].map(retryPauseMs)).toEqual([1000, 2000, 4000, 8000]);
});

test("what the hub refused is shown at once: the answer would be the same", () => {
  for (const code of ["forbidden", "not-found", "conflict", "limit-reached"]) {
    expect(retriesOf(retriesMutation, refused(code))).toBe(0);
    expect(retriesOf(retriesQuery, refused(code))).toBe(0);
  }
});

test("what went wrong inside the hub is read once more, and never changed once more", () => {
  expect(retriesOf(retriesMutation, refused("internal"))).toBe(0);
  expect(retriesOf(retriesQuery, refused("internal"))).toBe(1);
});
