import { z } from "zod";
import { inTransaction, type Tx } from "#db/client.ts";
import { deleteMembers, insertMembers, updateRoles } from "#db/group-members.ts";
import type { Group } from "#db/groups.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { problemsSentence } from "../csv-table.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireLockedGroup } from "./find.ts";
import type { MemberPlan } from "./plan-members.ts";
import { PreviewCsvInput, planOf } from "./preview-csv.ts";
import { refuseGivingMore } from "./rights.ts";

export const ApplyCsvInput = PreviewCsvInput.extend({ token: z.string().max(100) });

export type Applied = { readonly added: number; readonly removed: number; readonly roles: number };

/** Does what the preview showed, all of it or nothing; when something changed since, the preview is looked at again first. */
export async function applyMembersCsv(ctx: VerbContext, rawInput: unknown): Promise<Applied> {
  const input = ApplyCsvInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  return await inTransaction(ctx.db, async (tx) => {
    const group = await requireLockedGroup(tx, input.group);
    const { plan, token } = await planOf(ctx, tx, group, input.text, input.mode);
    const problems = problemsSentence(plan.problems);
    if (problems !== null) throw new HubError("invalid", problems, { detail: { field: "text" } });
    if (token !== input.token) throw changedMeanwhile(`“${group.name}”`);
    return await apply(tx, ctx, group, plan);
  });
}

export function changedMeanwhile(what: string): HubError {
  return new HubError(
    "conflict",
    `${what} changed since this preview, or the file did. Look at the new preview, then apply it.`,
  );
}

async function apply(tx: Tx, ctx: VerbContext, group: Group, { changes }: MemberPlan): Promise<Applied> {
  const of = (kind: MemberPlan["changes"][number]["kind"]) =>
    changes.filter((change) => change.kind === kind).map((change) => change.userId);
  const [adding, removing] = [of("add"), of("remove")];
  const [managers, members] = [of("make-manager"), of("make-member")];
  refuseGivingMore(ctx, group.name, "member", adding);
  refuseGivingMore(ctx, group.name, "manager", managers);
  const joining = adding.map((userId) => ({ userId, role: "member" as const }));
  await insertMembers(tx, group.id, joining, ctx.clock.now());
  await deleteMembers(tx, group.id, removing);
  await updateRoles(tx, group.id, managers, "manager");
  await updateRoles(tx, group.id, members, "member");
  await recordAudit(tx, ctx, {
    action: "group.apply-csv",
    target: `group:${group.id}`,
    detail: { group: group.name, changes: changes.map(({ kind, user }) => `${kind} ${user}`) },
  });
  return { added: adding.length, removed: removing.length, roles: managers.length + members.length };
}
