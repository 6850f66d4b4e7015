import { createHash } from "node:crypto";
import { z } from "zod";
import type { Db, Tx } from "#db/client.ts";
import { findUsersNamed } from "#db/group-members.ts";
import type { CsvPreview, UserChange } from "../api/group-views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { problemsSentence } from "../csv-table.ts";
import { CsvText } from "../groups/preview-csv.ts";
import type { VerbContext } from "../verb-context.ts";
import { planUsers, type UserPlan, userNamesIn, usersTable } from "./csv-plan.ts";

/** Each new account costs an argon2 hash, and all is one transaction. */
const most = { created: 500, changed: 2000 };

export const PreviewUsersCsvInput = z.strictObject({ text: CsvText });

/** What a file of users would change, line by line. Changes nothing. */
export async function previewUsersCsv(ctx: VerbContext, rawInput: unknown): Promise<CsvPreview<UserChange>> {
  const { text } = PreviewUsersCsvInput.parse(rawInput);
  await requireScope(ctx, "admin:users", "everything");
  const { plan, token } = await usersPlanOf(ctx, ctx.db, text);
  return {
    changes: plan.changes,
    unchanged: plan.unchanged,
    problems: [...plan.problems].sort((a, b) => a.line - b.line),
    message: problemsSentence(plan.problems),
    token,
  };
}

/** The plan, and the token that stands for it: it holds what was found about each user, so it is another when one of them changed. */
export async function usersPlanOf(
  ctx: VerbContext,
  db: Db | Tx,
  text: string,
): Promise<{ plan: UserPlan; token: string | null }> {
  const table = usersTable(text);
  const people = await findUsersNamed(db, userNamesIn(table));
  const known = people.map(({ id, name, disabledAt }) => ({ id, name, disabled: disabledAt !== null }));
  const own = "userId" in ctx.actor ? ctx.actor.name : null;
  const plan = planUsers(table, known, own, most);
  if (plan.problems.length > 0) return { plan, token: null };
  const state = { changes: plan.changes, known: known.sort((a, b) => (a.id < b.id ? -1 : 1)) };
  return { plan, token: createHash("sha256").update(JSON.stringify(state)).digest("base64url") };
}
