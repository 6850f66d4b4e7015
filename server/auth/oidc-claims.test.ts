import { describe, expect, test } from "vitest";
import { identityFromClaims, lacksClaims } from "./oidc-claims.ts";

const settings = { usernameClaim: "preferred_username", groupsClaim: "groups" };
const claims = { iss: "https://idp.example", sub: "s-1", preferred_username: "ana" };
const groupsOf = (groups: unknown) => identityFromClaims(settings, { ...claims, groups }).groups;

describe("S-22: the groups claim", () => {
  test("is a list of texts, told once each", () => {
    expect(groupsOf(["physics", "physics", " maths ", ""])).toEqual(["physics", "maths"]);
    expect(groupsOf([])).toEqual([]);
  });

  test.each([undefined, null, "physics", "physics,maths", { physics: true }, [["physics"]], ["physics", 7], 7, true])(
    "of another form says nothing: %j",
    (value) => {
      expect(groupsOf(value)).toBeNull();
    },
  );

  test("is found by path, and a claim with dots in its own name goes first", () => {
    const at = (groupsClaim: string, more: object) =>
      identityFromClaims({ ...settings, groupsClaim }, { ...claims, ...more }).groups;
    expect(at("realm_access.roles", { realm_access: { roles: ["a"] } })).toEqual(["a"]);
    expect(at("https://x.example/groups", { "https://x.example/groups": ["b"] })).toEqual(["b"]);
    expect(at("realm_access.roles", { realm_access: "roles" })).toBeNull();
    expect(at("constructor.name", {})).toBeNull();
  });
});

describe("the user's name", () => {
  const nameOf = (value: unknown, more: object = {}) =>
    identityFromClaims(settings, { ...claims, preferred_username: value, ...more }).name;

  test("is normalised like every name", () => {
    expect(nameOf(" Ana ")).toBe("ana");
    expect(nameOf("ａｎａ")).toBe("ana");
  });

  test.each([undefined, null, 7, ["ana"], { toString: () => "ana" }, "", "  ", "a\u0000b", "..", "x".repeat(300)])(
    "isn't made of %j",
    (value) => {
      expect(nameOf(value)).toBeNull();
    },
  );

  test("S-23: an unverified address is nobody's name", () => {
    const byEmail = (verified: unknown) =>
      identityFromClaims(
        { ...settings, usernameClaim: "email" },
        { ...claims, email: "ana@uni.example", email_verified: verified },
      ).name;
    expect(byEmail(true)).toBe("ana@uni.example");
    for (const verified of [undefined, false, "false", "true", 1]) expect(byEmail(verified)).toBeNull();
  });
});

test("userinfo is asked for only when a claim that decides is missing", () => {
  const provider = { ...settings, allowedEmailDomains: undefined };
  expect(lacksClaims(provider, { ...claims, groups: "wrong type is an answer too" })).toBe(false);
  expect(lacksClaims(provider, claims)).toBe(true);
  expect(lacksClaims({ ...provider, groupsClaim: undefined }, claims)).toBe(false);
  expect(lacksClaims({ ...provider, groupsClaim: undefined, allowedEmailDomains: ["uni.example"] }, claims)).toBe(true);
});
