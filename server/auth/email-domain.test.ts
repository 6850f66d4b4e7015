import { describe, expect, test } from "vitest";
import { verifiedEmailDomain } from "./email-domain.ts";

describe("S-23: an address counts only whole, plain and verified", () => {
  test("a verified address has its domain, without case", () => {
    expect(verifiedEmailDomain("ana@Company.COM", true)).toBe("company.com");
    expect(verifiedEmailDomain("ana+x.y@mail.company.com", true)).toBe("mail.company.com");
  });

  test("an address of a longer domain has that domain, not the one it begins with", () => {
    expect(verifiedEmailDomain("x@company.com.evil", true)).toBe("company.com.evil");
  });

  test.each([
    "x@evil@company.com",
    "x＠company.com",
    "x@company.com ",
    " x@company.com",
    "x@company.com\n",
    "x@сompany.com",
    "@company.com",
    "x@",
    "x",
    "x@company",
    "x@.com",
    "x@-company.com",
    "x@company..com",
    '"x@evil"@company.com',
    "x@company.com,y@evil.com",
    `${"x".repeat(400)}@company.com`,
  ])("%j has no domain", (email) => {
    expect(verifiedEmailDomain(email, true)).toBeNull();
  });

  test.each([undefined, false, "false", "true", "0", "1", 0, 1, null, {}, [true]])(
    "email_verified: %j vouches for nothing",
    (verified) => {
      expect(verifiedEmailDomain("x@company.com", verified)).toBeNull();
    },
  );

  test.each([undefined, null, 7, ["x@company.com"], { email: "x@company.com" }])(
    "an email claim of another type is none: %j",
    (email) => {
      expect(verifiedEmailDomain(email, true)).toBeNull();
    },
  );
});
