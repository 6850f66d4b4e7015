import fc from "fast-check";
import { expect, test } from "vitest";
import { hashOfToken, isTokenText, makeTokenText, prefixOfToken } from "./token-text.ts";

test("S-20: a token has its prefix, 190 random bits and a checksum that fits", () => {
  const made = Array.from({ length: 500 }, makeTokenText);
  expect(new Set(made).size).toBe(500);
  for (const text of made) {
    expect(text).toMatch(/^berth_[0-9A-Za-z]{38}$/);
    expect(isTokenText(text)).toBe(true);
    expect(text.startsWith(prefixOfToken(text))).toBe(true);
    expect(hashOfToken(text)).not.toContain(text.slice(6, 20));
  }
});

test("property: one changed character is noticed before the database is asked", () => {
  const digit = fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  fc.assert(
    fc.property(fc.integer({ min: 6, max: 43 }), digit, (at, character) => {
      const text = makeTokenText();
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      expect(isTokenText(changed)).toBe(changed === text);
    }),
  );
});

test.each(["", "berth_", "berth_x", "ghp_0000000000000000000000000000000000000", "berth_\u0000"])(
  "%j is no token",
  (text) => {
    expect(isTokenText(text)).toBe(false);
  },
);
