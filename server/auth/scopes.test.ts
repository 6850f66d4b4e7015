import { describe, expect, test } from "vitest";
import { scopesOfUser } from "./roles.ts";
import { hasScope, intersectScopes, parseScope } from "./scopes.ts";

const ana = scopesOfUser({ name: "ana", admin: false, memberships: [] });
const root = scopesOfUser({ name: "root", admin: true, memberships: [] });

describe("a token never does more than both its owner and its scopes allow", () => {
  test("what the owner lacks isn't gained by asking for it", () => {
    expect([
      ...intersectScopes(ana, ["servers!user=bob", "access:servers!server=bob/lab", "servers!group=physics"]),
    ]).toEqual([]);
    const asked = intersectScopes(ana, ["admin:users", "admin:groups", "shutdown"]);
    expect(hasScope(asked, "admin:users", { user: "ana" })).toBe(false);
    expect([...asked].every((scope) => ana.has(scope))).toBe(true);
  });

  test("a scope without a filter is cut to what the owner holds of it", () => {
    expect(hasScope(intersectScopes(ana, ["servers"]), "start:servers", { user: "ana" })).toBe(true);
    expect(hasScope(intersectScopes(ana, ["servers"]), "start:servers", { user: "bob" })).toBe(false);
  });

  test("one server of one's own can be asked for, and is the only one", () => {
    const one = intersectScopes(ana, ["access:servers!server=ana/lab"]);
    expect(hasScope(one, "access:servers", { user: "ana", server: "lab" })).toBe(true);
    expect(hasScope(one, "access:servers", { user: "ana", server: "other" })).toBe(false);
    expect(hasScope(one, "access:servers", { user: "ana" })).toBe(false);
  });

  test("S-33: `ana` can't ask for a server of the user `ana/b`", () => {
    expect([...intersectScopes(ana, ["access:servers!server=ana/b/lab"])]).toEqual([]);
    const slashed = scopesOfUser({ name: "ana/b", admin: false, memberships: [] });
    expect(
      hasScope(intersectScopes(slashed, ["access:servers!server=ana/b/lab"]), "access:servers", {
        user: "ana/b",
        server: "lab",
      }),
    ).toBe(true);
  });

  test("an admin doesn't enter others' servers by role", () => {
    expect(hasScope(root, "access:servers", { user: "ana", server: "" })).toBe(false);
    expect(hasScope(root, "access:servers", { user: "root", server: "" })).toBe(true);
  });
});

test.each(["", "nonsense", "servers!", "servers!user=", "servers!role=x", "SERVERS"])("%j is no scope", (text) => {
  expect(parseScope(text)).toBeNull();
});
