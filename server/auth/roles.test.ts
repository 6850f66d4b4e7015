import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { roleScopeProblem, scopesOfUser } from "./roles.ts";
import { groupsWith, hasScope, reachOf, type ScopeName, scopeNames } from "./scopes.ts";

const member = (group: string) => ({ group, role: "member" }) as const;
const manager = (group: string) => ({ group, role: "manager" }) as const;
const ana = { name: "ana", admin: false, memberships: [] };

describe("what Berth gives by itself", () => {
  test("a user reaches themselves, and nobody else", () => {
    expect(reachOf({ scopes: scopesOfUser(ana) }, "read:servers")).toEqual({
      kind: "some",
      users: ["ana"],
      groups: [],
      servers: [],
    });
  });

  test("a member may read their group and change nothing in it", () => {
    const scopes = scopesOfUser({ ...ana, memberships: [member("physics")] });
    expect(hasScope(scopes, "read:groups", { group: "physics" })).toBe(true);
    expect(hasScope(scopes, "groups", { group: "physics" })).toBe(false);
    expect(groupsWith(scopes, "read:users")).toEqual([]);
  });

  test("a manager runs their own group, without making groups, admins, or entering servers", () => {
    const scopes = scopesOfUser({ ...ana, memberships: [manager("physics"), member("chemistry")] });
    expect(hasScope(scopes, "groups", { group: "physics" })).toBe(true);
    expect(groupsWith(scopes, "start:servers")).toEqual(["physics"]);
    for (const name of ["admin:groups", "admin:users", "access:servers", "open:servers", "tokens"] as ScopeName[])
      expect([...scopes].filter((scope) => scope.startsWith(name) && !scope.endsWith("=ana"))).toEqual([]);
  });

  test("an admin may do everything but enter another's server by role", () => {
    const scopes = scopesOfUser({ ...ana, admin: true });
    for (const name of scopeNames.filter((one) => one !== "self"))
      expect(hasScope(scopes, name, { user: "bob", server: "" })).toBe(name !== "access:servers");
  });
});

describe("roles of the file", () => {
  const roles = {
    teacher: { scopes: ["read:servers!group=physics", "list:users!group=physics"], users: ["ana"], groups: ["staff"] },
    "group-manager": { scopes: ["read:groups!group"], users: [], groups: [] },
    user: { scopes: ["read:users!user", "servers!user"], users: [], groups: [] },
  };

  test("are held by those named and by the members of groups named", () => {
    const bob = { name: "bob", admin: false, memberships: [member("staff")] };
    for (const holder of [ana, bob])
      expect(groupsWith(scopesOfUser(holder, roles), "read:servers")).toContain("physics");
    expect(groupsWith(scopesOfUser({ ...bob, memberships: [] }, roles), "read:servers")).toEqual([]);
  });

  test("named `user` and `group-manager` replace what those get by themselves", () => {
    const scopes = scopesOfUser({ ...ana, memberships: [manager("physics")] }, roles);
    expect(hasScope(scopes, "tokens", { user: "ana" })).toBe(false);
    expect(hasScope(scopes, "groups", { group: "physics" })).toBe(false);
    expect(hasScope(scopes, "start:servers", { user: "ana" })).toBe(true);
  });

  test.each([
    ["teacher", "servers!group", "has meaning only in the role"],
    ["teacher", "everything", "is not a scope"],
    ["teacher", "servers!role=x", "is not a scope"],
  ])("%s with %j is refused", (role, scope, why) => {
    expect(roleScopeProblem(role, scope)).toContain(why);
  });
});

test("S-31: whatever names people and groups have, nobody's own scopes reach another person or group", () => {
  const anyName = fc.string({ minLength: 1, maxLength: 20 });
  const anyMembership = fc.record({ group: anyName, role: fc.constantFrom("member" as const, "manager" as const) });
  fc.assert(
    fc.property(anyName, anyName, fc.array(anyMembership, { maxLength: 4 }), (name, other, memberships) => {
      fc.pre(name !== other);
      const scopes = scopesOfUser({ name, admin: false, memberships });
      const managed = memberships.filter(({ role }) => role === "manager").map(({ group }) => group);
      for (const scope of scopeNames) {
        expect(hasScope(scopes, scope, { user: other, server: "" })).toBe(false);
        expect(hasScope(scopes, scope, "everything")).toBe(false);
        if (scope !== "read:groups") expect(groupsWith(scopes, scope).every((g) => managed.includes(g))).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
