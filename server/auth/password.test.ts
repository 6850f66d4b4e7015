import { describe, expect, test } from "vitest";
import { hashPassword, passwordProblem, verifyPassword } from "./password.ts";

test("a password is kept as argon2id with at least OWASP's cost, and differently each time", async () => {
  const [one, other] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(other);
  expect(await verifyPassword(one, "correct horse")).toBe(true);
  expect(await verifyPassword(one, "correct horsf")).toBe(false);
});

test("a password typed on another keyboard is the same password (NFKC)", async () => {
  expect(await verifyPassword(await hashPassword("gru\u0308n-und-blau"), "gr\u00fcn-und-blau")).toBe(true);
});

test("without a stored hash nothing is right, not even the stand-in's own password", async () => {
  expect(await verifyPassword(null, "nobody has this password")).toBe(false);
  expect(await verifyPassword("not a hash", "x")).toBe(false);
});

describe("a new password", () => {
  test.each(["short", "1234567", "12345678", "PASSWORD", "aaaaaaaaaa", "ababababab", "ana-maria", "x".repeat(300)])(
    "%j is refused with a sentence",
    (password) => {
      expect(passwordProblem(password, "ana-maria")).toMatch(/password/i);
    },
  );
  test.each(["correct horse", "Öffne-dich!", "🔑🔐🗝️🚪🏠🔒🔓🛡️"])("%j is fine", (password) => {
    expect(passwordProblem(password, "ana")).toBeNull();
  });
});
