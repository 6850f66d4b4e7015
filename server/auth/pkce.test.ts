import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { challengeOf, isVerified } from "./pkce.ts";

const verifiers = fc.stringMatching(/^[A-Za-z0-9\-._~]{43,128}$/);
const challengeFor = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");

test("RFC 7636, appendix B", () => {
  expect(isVerified("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
    true,
  );
});

test("S-13 (d) property: a challenge takes its own verifier and no other", () => {
  fc.assert(
    fc.property(verifiers, verifiers, (one, other) => {
      expect(challengeOf(challengeFor(one), "S256")).toBe(challengeFor(one));
      expect(isVerified(challengeFor(one), one)).toBe(true);
      expect(isVerified(challengeFor(one), other)).toBe(one === other);
    }),
  );
});

test.each([
  ["too short", "a".repeat(42)],
  ["too long", "a".repeat(129)],
  ["with a character no verifier has", `${"a".repeat(43)}é`],
  ["empty", ""],
  ["missing", undefined],
])("S-13 (d): a verifier that is %s is none, even where its hash fits", (_why, verifier) => {
  expect(isVerified(challengeFor(verifier ?? ""), verifier)).toBe(false);
});

test("without a challenge there is no verifier; a challenge that can't be checked is invalid", () => {
  expect([isVerified(null, undefined), isVerified(null, "a".repeat(43))]).toEqual([true, false]);
  expect(challengeOf(undefined, undefined)).toBe(null);
  for (const [challenge, method] of [
    [challengeFor("a"), "plain"],
    [challengeFor("a"), undefined],
    [undefined, "S256"],
    ["short", "S256"],
    ["", "S256"],
  ])
    expect(challengeOf(challenge, method)).toBe("invalid");
});
