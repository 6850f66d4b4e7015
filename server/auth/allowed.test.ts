import { describe, expect, test } from "vitest";
import { type AllowRules, admittanceOf, type Candidate } from "./allowed.ts";

const ana: Candidate = { name: "ana", groups: ["physics"], verifiedEmailDomain: "uni.example" };
const states = ["unset", "empty", "others", "matching"] as const;
type State = (typeof states)[number];

const listFor = (state: State, match: string) =>
  ({ unset: undefined, empty: [], others: ["somebody-else"], matching: ["somebody-else", match] })[state];

type Row = { all: boolean; users: State; groups: State; domains: State; admins: State };
const table: Row[] = [true, false].flatMap((all) =>
  states.flatMap((users) =>
    states.flatMap((groups) =>
      states.flatMap((domains) => states.map((admins) => ({ all, users, groups, domains, admins }))),
    ),
  ),
);

const rulesOf = (row: Row): AllowRules => ({
  allowAll: row.all,
  allowedUsers: listFor(row.users, "ana"),
  allowedGroups: listFor(row.groups, "physics"),
  adminUsers: listFor(row.admins, "ana"),
  adminGroups: undefined,
  allowedEmailDomains: listFor(row.domains, "uni.example"),
});

/** The documentation's sentence, written another way than the code: first what keeps out, then what lets in. */
function documented(row: Row): boolean {
  if (row.domains === "empty" || row.domains === "others") return false;
  if (row.all) return true;
  if (row.users === "matching" || row.groups === "matching" || row.admins === "matching") return true;
  return row.domains === "matching" && row.users === "unset" && row.groups === "unset";
}

describe("S-22: who may log in through a provider", () => {
  test(`the whole truth table (${table.length} rows) lets in what is documented, and nobody else`, () => {
    for (const row of table) {
      expect(admittanceOf(rulesOf(row), ana).kind, JSON.stringify(row)).toBe(documented(row) ? "allowed" : "denied");
    }
  });

  test("without any rule nobody gets in", () => {
    const none = rulesOf({ all: false, users: "unset", groups: "unset", domains: "unset", admins: "unset" });
    expect(admittanceOf(none, ana)).toEqual({ kind: "denied", reason: "no-rule" });
  });

  test("groups that the provider didn't tell match no group rule, and make nobody an admin", () => {
    const rules = {
      ...rulesOf({ all: false, users: "unset", groups: "matching", domains: "unset", admins: "unset" }),
      adminGroups: ["physics"],
    };
    expect(admittanceOf(rules, { ...ana, groups: null }).kind).toBe("denied");
    expect(admittanceOf({ ...rules, allowAll: true }, { ...ana, groups: null })).toEqual({
      kind: "allowed",
      admin: false,
    });
  });

  test("the e-mail condition holds for admins and under allowAll too", () => {
    const rules = rulesOf({
      all: true,
      users: "matching",
      groups: "matching",
      domains: "matching",
      admins: "matching",
    });
    for (const verifiedEmailDomain of [null, "uni.example.evil", "evil.uni.example", ""]) {
      expect(admittanceOf(rules, { ...ana, verifiedEmailDomain })).toEqual({ kind: "denied", reason: "email-domain" });
    }
  });

  test("a provider without admin rules leaves the role as it is; one with them decides it at every login", () => {
    const open = rulesOf({ all: true, users: "unset", groups: "unset", domains: "unset", admins: "unset" });
    expect(admittanceOf(open, ana)).toEqual({ kind: "allowed", admin: null });
    expect(admittanceOf({ ...open, adminUsers: ["bob"] }, ana)).toEqual({ kind: "allowed", admin: false });
    expect(admittanceOf({ ...open, adminGroups: ["physics"] }, ana)).toEqual({ kind: "allowed", admin: true });
  });
});
