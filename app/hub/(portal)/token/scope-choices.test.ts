import { expect, test } from "vitest";
import { parseScope } from "#server/auth/scopes.ts";
import { scopeChoices, scopesFor } from "./scope-choices.ts";

test("every choice is made of scopes the hub knows, each for one user; everything is left to the hub", () => {
  expect(scopesFor("all", "ana", "")).toBeNull();
  for (const choice of scopeChoices.filter((one) => one !== "all" && one !== "chosen")) {
    const scopes = scopesFor(choice, "ana", "") ?? [];
    expect(scopes.length).toBeGreaterThan(0);
    for (const scope of scopes) {
      expect(parseScope(scope), scope).not.toBeNull();
      expect(scope).toContain("!user=ana");
    }
  }
  expect(scopesFor("chosen", "ana", " read:users!user=ana,  servers ")).toEqual(["read:users!user=ana", "servers"]);
});
