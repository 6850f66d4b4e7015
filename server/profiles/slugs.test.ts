import { describe, expect, test } from "vitest";
import { escapedSlug, safeSlug, userServerSlug } from "./slugs.ts";

/** Expected values come from running kubespawner 7.1.0's slugs.py. */
describe("slugs are KubeSpawner 7's", () => {
  test.each([
    ["ana", "ana"],
    ["", "x---e3b0c442"],
    ["x".repeat(63), `${"x".repeat(37)}---75220b47`],
    ["x".repeat(64), `${"x".repeat(37)}---7ce10097`],
    ["üser", "ser---73506260"],
    ["user@email.com", "user-email-com---0925f997"],
    ["a--b", "a-b---90827a2e"],
    ["-x", "x---a4209624"],
    ["a/b", "a-b---c14cddc0"],
    ["user---12345678", "user-12345678---5f9b4d9b"],
    ["A", "a---559aead0"],
    ["1abc", "x-1abc---57cb980e"],
  ])("%j becomes %j", (name, slug) => expect(safeSlug(name)).toBe(slug));

  test("user and server are joined, and share one hash when they are too long", () => {
    expect(userServerSlug("ana", "")).toBe("ana");
    expect(userServerSlug("ana", "lab")).toBe("ana--lab");
    expect(userServerSlug("ana".repeat(10), "server".repeat(6))).toBe("anaanaanaanaanaan--serverserverserve---a56c0def");
  });

  test("the old scheme escapes byte by byte", () => {
    expect(escapedSlug("user@email.com")).toBe("user-40email-2ecom");
    expect(escapedSlug("Ü")).toBe("-c3-9c");
  });
});
