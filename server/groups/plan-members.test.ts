import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Member } from "#db/group-members.ts";
import { csvOf } from "../csv.ts";
import { problemsSentence } from "../csv-table.ts";
import { type MemberPlanInput, membersTable, planMembers } from "./plan-members.ts";

const everybody = ["ana", "bob", "cy", "dora", "eve"];
const people = everybody.map((name) => ({ id: `id-${name}`, name, admin: name === "eve", disabledAt: null }));
const memberOf = (name: string, role: "member" | "manager"): Member => ({
  ...{ userId: `id-${name}`, name, role, limits: {}, addedAt: new Date(0) },
  ...{ disabledAt: null, lastActivityAt: null },
});
const admin = { managed: false, mayManagers: true, mayAdmins: true };

function plan(text: string, members: readonly Member[], more: Partial<MemberPlanInput> = {}) {
  return planMembers({ table: membersTable(text), mode: "add", members, people, ...admin, ...more });
}

type Roles = Record<string, "member" | "manager">;
const _rolesOf = (members: readonly Member[]): Roles => Object.fromEntries(members.map((m) => [m.name, m.role]));

function applied(before: Roles, changes: ReturnType<typeof plan>["changes"]): Roles {
  const after = { ...before };
  for (const { user, kind } of changes) {
    if (kind === "remove") delete after[user];
    else after[user] = kind === "make-manager" ? "manager" : "member";
  }
  return after;
}

const roles = fc.dictionary(fc.constantFrom(...everybody), fc.constantFrom("member" as const, "manager" as const), {
  noNullPrototype: true,
});
const membersFrom = (from: Roles) => Object.entries(from).map(([name, role]) => memberOf(name, role));
const fileOf = (from: Roles) => csvOf([["user", "role"], ...Object.entries(from)]);

describe("what a file of members asks for", () => {
  test("exactly the file's members are there afterwards when it says so, and a second time changes nothing", () => {
    fc.assert(
      fc.property(roles, roles, (before, wanted) => {
        const { changes, problems } = plan(fileOf(wanted), membersFrom(before), { mode: "exact" });
        expect(problems).toEqual([]);
        expect(applied(before, changes)).toEqual(wanted);
        expect(plan(fileOf(wanted), membersFrom(wanted), { mode: "exact" }).changes).toEqual([]);
      }),
    );
  });

  test("nobody is removed by a file that only adds", () => {
    fc.assert(
      fc.property(roles, roles, (before, wanted) => {
        const { changes } = plan(fileOf(wanted), membersFrom(before));
        expect(applied(before, changes)).toEqual({ ...before, ...wanted });
      }),
    );
  });

  test("S-30: a manager's file makes and unmakes no manager and brings in no admin", () => {
    const manager = { mayManagers: false, mayAdmins: false };
    fc.assert(
      fc.property(roles, roles, fc.constantFrom("add" as const, "exact" as const), (before, wanted, mode) => {
        const { changes, problems } = plan(fileOf(wanted), membersFrom(before), { ...manager, mode });
        if (problems.length > 0) return;
        const after = applied(before, changes);
        const managers = (of: Roles) => Object.keys(of).filter((name) => of[name] === "manager");
        expect(managers(after).sort()).toEqual(managers(before).sort());
        expect("eve" in after && !("eve" in before)).toBe(false);
      }),
    );
  });

  test("nobody comes or goes in a group of the identity provider", () => {
    fc.assert(
      fc.property(roles, roles, fc.constantFrom("add" as const, "exact" as const), (before, wanted, mode) => {
        const { changes, problems } = plan(fileOf(wanted), membersFrom(before), { managed: true, mode });
        if (problems.length > 0) return;
        expect(Object.keys(applied(before, changes)).sort()).toEqual(Object.keys(before).sort());
      }),
    );
  });

  test("every line that can't be used is named", () => {
    const text = ["user,role", "ana,boss", "zed,member", "bob", "bob,member", " BOB ,member", ",member"].join("\n");
    expect([...plan(text, []).problems].sort((a, b) => a.line - b.line)).toEqual([
      { line: 2, message: "A role is “member” or “manager”, not “boss”." },
      { line: 3, message: "There is no user called “zed”." },
      { line: 4, message: "It has 1 field, the heading has 2." },
      { line: 6, message: "“bob” is in line 5 already." },
      { line: 7, message: "The user is missing." },
    ]);
  });

  test.each([
    ["", "The file is empty"],
    ["ana,member\n", "The first line must name the columns, “user” among them"],
    ["user,quota\n", "There is no column “quota”"],
    ["user,User\n", "The column “user” is there twice"],
  ])("heading %j", (text, message) => {
    expect(plan(text, []).problems).toEqual([{ line: 1, message: expect.stringContaining(message) }]);
  });

  test("a role that isn't said stays, and the columns stand in any order", () => {
    const members = [memberOf("ana", "manager")];
    expect(plan("user\nana\nbob\n", members).changes).toMatchObject([{ user: "bob", kind: "add" }]);
    expect(plan("Role,USER\nmanager,bob\n", members).changes.map(({ kind }) => kind)).toEqual(["add", "make-manager"]);
  });

  test("the sentence names ten lines and counts the others", () => {
    const problems = Array.from({ length: 12 }, (_, at) => ({ line: 20 - at, message: "It is wrong." }));
    const sentence = problemsSentence(problems) ?? "";
    expect(sentence).toMatch(/^Nothing was changed, because 12 lines can't be used\. line 9: /);
    expect(sentence).toMatch(/And 2 more\.$/);
    expect(problemsSentence([])).toBeNull();
  });
});
