import type { CsvProblem, UserChange } from "../api/group-views.ts";
import { type CsvLine, type CsvTable, readTable } from "../csv-table.ts";
import { normaliseUserName, userNameProblem } from "../servers/names.ts";

export type KnownUser = { readonly id: string; readonly name: string; readonly disabled: boolean };

export type Most = { readonly created: number; readonly changed: number };

export type UserPlan = {
  readonly changes: readonly UserChange[];
  readonly unchanged: number;
  readonly problems: readonly CsvProblem[];
};

export function usersTable(text: string): CsvTable {
  return readTable(text, "user", ["state"]);
}

export function userNamesIn(table: CsvTable): string[] {
  return [...new Set(table.lines.map(nameOf).filter((name) => name !== ""))];
}

/**
 * What a file of users asks for: a name nobody has is made, `disabled` shuts out, `active` lets in again. Nobody is touched that no
 * line names. `own` is whoever brings the file. Pure.
 */
export function planUsers(table: CsvTable, known: readonly KnownUser[], own: string | null, most: Most): UserPlan {
  const problems: CsvProblem[] = [...table.problems];
  const changes: UserChange[] = [];
  const byName = new Map(known.map((user) => [user.name, user]));
  const seen = new Map<string, number>();
  let unchanged = 0;
  for (const line of table.lines) {
    const user = nameOf(line);
    const before = seen.get(user);
    if (before === undefined) seen.set(user, line.line);
    const kind =
      before === undefined ? changeFor(line, user, byName.get(user), own) : `“${user}” is in line ${before} already.`;
    if (kind === "nothing") unchanged += 1;
    else if (kind === "create" || kind === "disable" || kind === "enable")
      changes.push({ line: line.line, user, kind });
    else problems.push({ line: line.line, message: kind });
  }
  const made = changes.filter((change) => change.kind === "create");
  const beyond = made[most.created] ?? changes[most.changed];
  if (beyond !== undefined)
    problems.push({
      line: beyond.line,
      message: `A file makes at most ${most.created} users and changes at most ${most.changed}. Split it here.`,
    });
  return { changes, unchanged, problems };
}

/** The change, `nothing`, or the sentence that says what is wrong. */
function changeFor(
  line: CsvLine,
  user: string,
  known: KnownUser | undefined,
  own: string | null,
): UserChange["kind"] | "nothing" | (string & {}) {
  const state = (line.values.state ?? "").trim().toLowerCase();
  if (user === "") return "The user is missing.";
  if (state !== "" && state !== "active" && state !== "disabled")
    return `A state is “active” or “disabled”, not “${line.values.state}”.`;
  const disabled = state === "disabled";
  if (known === undefined) {
    if (disabled) return `There is no user called “${user}” to disable.`;
    return userNameProblem(user) ?? "create";
  }
  if (known.disabled === disabled || state === "") return "nothing";
  if (disabled && user === own) return "You can't disable your own account.";
  return disabled ? "disable" : "enable";
}

function nameOf(line: CsvLine): string {
  return normaliseUserName(line.values.user ?? "");
}
