import type { Member, PersonRef } from "#db/group-members.ts";
import type { CsvProblem, MemberChange } from "../api/group-views.ts";
import { type CsvLine, type CsvTable, readTable } from "../csv-table.ts";
import { normaliseUserName } from "../servers/names.ts";

/** `add`: lines add people and set roles, nobody is removed. `exact`: whoever no line names is removed. */
export type CsvMode = "add" | "exact";

export type MemberPlanInput = {
  readonly table: CsvTable;
  readonly mode: CsvMode;
  readonly members: readonly Member[];
  /** Everybody the lines name, as far as they are users. */
  readonly people: readonly PersonRef[];
  readonly managed: boolean;
  /** Whether managers may be named and removed, and admins put in, by whoever brings the file. */
  readonly mayManagers: boolean;
  readonly mayAdmins: boolean;
};

export type MemberPlan = {
  readonly changes: readonly (MemberChange & { readonly userId: string })[];
  readonly unchanged: number;
  readonly problems: readonly CsvProblem[];
};

export function membersTable(text: string): CsvTable {
  return readTable(text, "user", ["role"]);
}

export function namesIn(table: CsvTable): string[] {
  return [...new Set(table.lines.map((line) => userOf(line)).filter((name) => name !== ""))];
}

/** What the file asks for, held against how things are: the changes, or the lines that can't be used. Pure. */
export function planMembers(input: MemberPlanInput): MemberPlan {
  const problems: CsvProblem[] = [...input.table.problems];
  const changes: MemberPlan["changes"][number][] = [];
  const membersByName = new Map(input.members.map((member) => [member.name, member]));
  const peopleByName = new Map(input.people.map((person) => [person.name, person]));
  const seen = new Map<string, number>();
  let unchanged = 0;
  for (const line of input.table.lines) {
    const user = userOf(line);
    const problem = (message: string) => problems.push({ line: line.line, message });
    const before = seen.get(user);
    seen.set(user, before ?? line.line);
    const member = membersByName.get(user);
    const asked = roleOf(line, member);
    const person = peopleByName.get(user);
    if (user === "") problem("The user is missing.");
    else if (before !== undefined) problem(`“${user}” is in line ${before} already.`);
    else if (person === undefined) problem(`There is no user called “${user}”.`);
    else if (asked === null) problem(`A role is “member” or “manager”, not “${line.values.role}”.`);
    else if (member?.role === asked) unchanged += 1;
    else {
      const refused = member === undefined ? refusedToAdd(input, person, asked) : refusedRole(input, user);
      if (refused !== null) problem(refused);
      else changes.push({ line: line.line, user, userId: person.id, kind: kindOf(member, asked) });
      if (refused === null && member === undefined && asked === "manager")
        changes.push({ line: line.line, user, userId: person.id, kind: "make-manager" });
    }
  }
  const { leaving, problem } = leavers(input, seen);
  if (problem !== null) problems.push(problem);
  return { changes: [...changes, ...leaving], unchanged, problems };
}

function userOf(line: CsvLine): string {
  return normaliseUserName(line.values.user ?? "");
}

/** Nothing said leaves a role as it is. */
function roleOf(line: CsvLine, member: Member | undefined): "member" | "manager" | null {
  const said = (line.values.role ?? "").trim().toLowerCase();
  if (said === "") return member?.role ?? "member";
  return said === "member" || said === "manager" ? said : null;
}

function kindOf(member: Member | undefined, role: "member" | "manager"): MemberChange["kind"] {
  if (member === undefined) return "add";
  return role === "manager" ? "make-manager" : "make-member";
}

function refusedToAdd(input: MemberPlanInput, person: PersonRef, role: "member" | "manager"): string | null {
  if (input.managed)
    return `Who is in this group comes from the identity provider: “${person.name}” can't be added here.`;
  if (person.admin && !input.mayAdmins) return `“${person.name}” is an admin. Only an admin can put them into a group.`;
  return role === "manager" ? refusedRole(input, person.name) : null;
}

function refusedRole(input: MemberPlanInput, user: string): string | null {
  return input.mayManagers ? null : `Only an admin can change whether “${user}” is a manager.`;
}

function leavers(
  input: MemberPlanInput,
  seen: ReadonlyMap<string, number>,
): { leaving: MemberPlan["changes"]; problem: CsvProblem | null } {
  if (input.mode === "add") return { leaving: [], problem: null };
  const left = input.members.filter((member) => !seen.has(member.name));
  const manager = left.find((member) => member.role === "manager");
  const [first] = left;
  if (first !== undefined && input.managed)
    return {
      leaving: [],
      problem: {
        line: 1,
        message: `No line names “${first.name}”, but who is in this group comes from the identity provider.`,
      },
    };
  if (manager !== undefined && !input.mayManagers)
    return {
      leaving: [],
      problem: { line: 1, message: `No line names “${manager.name}”, and only an admin can remove a manager.` },
    };
  const leaving = left.map(({ name: user, userId }) => ({ line: null, user, userId, kind: "remove" as const }));
  return { leaving, problem: null };
}
