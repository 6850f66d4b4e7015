import { describe, expect, test } from "vitest";
import { isDatabaseUnavailable, lockTimeoutOf } from "./unavailable.ts";

const failed = (more: object, message = "") => Object.assign(new Error(message), more);

describe("isDatabaseUnavailable", () => {
  test.each([
    ["nobody listens", failed({ code: "ECONNREFUSED" })],
    ["the socket of a stopped PostgreSQL", failed({ code: "ENOENT", syscall: "connect" })],
    ["shutting down", failed({ code: "57P01" })],
    ["starting up", failed({ code: "57P03" })],
    ["a broken connection", failed({ code: "08006" })],
    ["a lock that wasn't given in time", failed({ code: "55P03" })],
    ["pg's words for a cut connection", failed({}, "Connection terminated unexpectedly")],
    ["pg-pool's words for a full pool", failed({}, "timeout exceeded when trying to connect")],
    ["what drizzle wraps", new Error("Failed query", { cause: failed({ code: "57P01" }) })],
  ])("%s: try again", (_name, error) => expect(isDatabaseUnavailable(error)).toBe(true));

  test.each([
    ["a file that is missing", failed({ code: "ENOENT", syscall: "open" })],
    ["a row that exists already", failed({ code: "23505" })],
    ["a column that doesn't exist", failed({ code: "42703" })],
    ["a mistake of ours", new TypeError("x is not a function")],
    ["no error at all", "ECONNREFUSED"],
  ])("%s: not", (_name, error) => expect(isDatabaseUnavailable(error)).toBe(false));
});

describe("lockTimeoutOf", () => {
  test("F-14: a lock that wasn't given in time says on a row of which table, through what drizzle wraps", () => {
    const where = 'while locking tuple (0,7) in relation "servers"';
    const wrapped = new Error("Failed query", { cause: failed({ code: "55P03", where }) });
    expect(lockTimeoutOf(wrapped)).toEqual({ table: "servers" });
    expect(lockTimeoutOf(failed({ code: "55P03" }))).toEqual({ table: null });
  });

  test("a database that is away held no lock", () => expect(lockTimeoutOf(failed({ code: "57P01" }))).toBeNull());
});
