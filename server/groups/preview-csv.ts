import { createHash } from "node:crypto";
import { z } from "zod";
import type { Db, Tx } from "#db/client.ts";
import { allMembers, findUsersNamed, type Member } from "#db/group-members.ts";
import type { Group } from "#db/groups.ts";
import type { CsvPreview, MemberChange } from "../api/group-views.ts";
import { mayDo, requireScope } from "../auth/require-scope.ts";
import { holdsAllOfAdmin } from "../auth/roles.ts";
import { problemsSentence } from "../csv-table.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupName } from "./name.ts";
import { type CsvMode, type MemberPlan, membersTable, namesIn, planMembers } from "./plan-members.ts";

/** A request to the hub holds a mebibyte. */
export const CsvText = z
  .string()
  .max(900_000, "The file is too long. Split it into files of less than 900,000 characters.");

export const PreviewCsvInput = z.strictObject({
  group: GroupName,
  text: CsvText,
  mode: z.enum(["add", "exact"]).default("add"),
});

/** What a file would change, line by line. Changes nothing. */
export async function previewMembersCsv(ctx: VerbContext, rawInput: unknown): Promise<CsvPreview<MemberChange>> {
  const { group: name, text, mode } = PreviewCsvInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: name });
  const group = await requireGroup(ctx.db, name);
  const { plan, token } = await planOf(ctx, ctx.db, group, text, mode);
  return {
    changes: plan.changes.map(({ userId: _, ...change }) => change),
    unchanged: plan.unchanged,
    problems: [...plan.problems].sort((a, b) => a.line - b.line),
    message: problemsSentence(plan.problems),
    token,
  };
}

/** The plan, and the token that stands for it and for the members it was made from. */
export async function planOf(
  ctx: VerbContext,
  db: Db | Tx,
  group: Group,
  text: string,
  mode: CsvMode,
): Promise<{ plan: MemberPlan; token: string | null }> {
  const table = membersTable(text);
  const members = await allMembers(db, group.id);
  const people = await findUsersNamed(db, namesIn(table));
  const mayManagers = await mayDo(ctx, "admin:groups", { group: group.name });
  const mayAdmins = holdsAllOfAdmin(ctx.actor.scopes);
  const plan = planMembers({ table, mode, members, people, managed: group.managed, mayManagers, mayAdmins });
  return { plan, token: plan.problems.length > 0 ? null : tokenOf(group, mode, members, plan) };
}

function tokenOf(group: Group, mode: CsvMode, members: readonly Member[], plan: MemberPlan): string {
  const state = {
    id: group.id,
    mode,
    members: members.map(({ userId, role }) => [userId, role]),
    changes: plan.changes,
  };
  return createHash("sha256").update(JSON.stringify(state)).digest("base64url");
}
