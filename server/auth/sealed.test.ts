import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSeal } from "./sealed.ts";

const key = generateKeyPairSync("ed25519").privateKey;
const seal = createSeal(key);

test("what was sealed opens again with the same key and for the same row only", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), fc.string(), (secret, bound, other) => {
      const sealed = seal.close(secret, bound);
      expect(createSeal(key).open(sealed, bound)).toBe(secret);
      if (other !== bound) expect(seal.open(sealed, other)).toBeNull();
    }),
  );
});

test("the secret isn't in it, and no two are alike", () => {
  const [one, two] = [seal.close("refresh-me", "a"), seal.close("refresh-me", "a")];
  expect(one).not.toBe(two);
  expect(Buffer.from(one.slice(3), "base64url").toString("latin1")).not.toContain("refresh-me");
});

test("changed in any byte, cut short, of another key or no seal at all: it doesn't open", () => {
  const sealed = seal.close("refresh-me", "a");
  const bytes = Buffer.from(sealed.slice(3), "base64url");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(seal.open(`v1.${changed.toString("base64url")}`, "a")).toBeNull();
  }
  for (const text of ["", "v1.", "v1.AAAA", "refresh-me", sealed.slice(0, -4), `x${sealed}`])
    expect(seal.open(text, "a")).toBeNull();
  expect(createSeal(generateKeyPairSync("ed25519").privateKey).open(sealed, "a")).toBeNull();
});
