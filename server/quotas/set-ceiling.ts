import { z } from "zod";
import { type Db, inTransaction, type Tx } from "#db/client.ts";
import { findGroup, type Group, lockGroup, updateGroup } from "#db/groups.ts";
import type { Amounts } from "#db/schema/settings.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { GroupName } from "#server/groups/name.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { AmountsInput, withWritten } from "./amount-input.ts";
import { boundsOf } from "./amounts.ts";
import { type Impact, impactOf, requireConfirmation } from "./impact.ts";
import { requireGroup } from "./set-quota.ts";

export const PreviewCeilingInput = z.strictObject({ group: GroupName, ceiling: AmountsInput });
export const SetCeilingInput = PreviewCeilingInput.extend({ confirm: z.boolean().default(false) });

/**
 * Sets the most a group's managers may set its quota to. It binds by itself: a quota that was set higher stays written and holds
 * again when the ceiling is raised. Errors: invalid (the field), conflict where it takes a confirmation.
 */
export async function setCeiling(ctx: VerbContext, rawInput: unknown): Promise<Impact> {
  const input = SetCeilingInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", { group: input.group });
  return await inTransaction(ctx.db, async (tx) => {
    const group = requireGroup(await lockGroup(tx, input.group), input.group);
    const { ceiling, impact } = await plan(tx, group, input.ceiling);
    requireConfirmation(impact, input.confirm);
    await updateGroup(tx, group.id, { ceiling });
    await recordAudit(tx, ctx, {
      action: "group.set-ceiling",
      target: `group:${group.id}`,
      detail: { group: group.name, before: JSON.stringify(group.ceiling), after: JSON.stringify(ceiling) },
    });
    return impact;
  });
}

/** Whom that would affect. Changes nothing. */
export async function previewCeiling(ctx: VerbContext, rawInput: unknown): Promise<Impact> {
  const input = PreviewCeilingInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", { group: input.group });
  const group = requireGroup(await findGroup(ctx.db, input.group), input.group);
  return (await plan(ctx.db, group, input.ceiling)).impact;
}

async function plan(db: Db | Tx, group: Group, said: AmountsInput): Promise<{ ceiling: Amounts; impact: Impact }> {
  const ceiling = withWritten(group.ceiling, said, "ceiling");
  const impact = await impactOf(db, group, boundsOf(group), boundsOf({ quota: group.quota, ceiling }));
  return { ceiling, impact };
}
