import { z } from "zod";
import { type Db, inTransaction, type Tx } from "#db/client.ts";
import { findGroup, type Group, lockGroup, updateGroup } from "#db/groups.ts";
import type { Amounts } from "#db/schema/settings.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { GroupName } from "#server/groups/name.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { AmountsInput, inputKeyOf, withWritten } from "./amount-input.ts";
import { amountText } from "./amount-text.ts";
import { beyond, boundsOf } from "./amounts.ts";
import { type Impact, impactOf, requireConfirmation } from "./impact.ts";

export const PreviewQuotaInput = z.strictObject({ group: GroupName, quota: AmountsInput });
export const SetQuotaInput = PreviewQuotaInput.extend({ confirm: z.boolean().default(false) });

/** Sets the group's quota, within the admin's ceiling. Errors: invalid (the field), conflict where it takes a confirmation. */
export async function setQuota(ctx: VerbContext, rawInput: unknown): Promise<Impact> {
  const input = SetQuotaInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  return await inTransaction(ctx.db, async (tx) => {
    const group = requireGroup(await lockGroup(tx, input.group), input.group);
    const { quota, impact } = await plan(tx, group, input.quota);
    requireConfirmation(impact, input.confirm);
    await updateGroup(tx, group.id, { quota });
    await recordAudit(tx, ctx, {
      action: "group.set-quota",
      target: `group:${group.id}`,
      detail: { group: group.name, before: JSON.stringify(group.quota), after: JSON.stringify(quota) },
    });
    return impact;
  });
}

/** Whom that would affect, and the same errors. Changes nothing. */
export async function previewQuota(ctx: VerbContext, rawInput: unknown): Promise<Impact> {
  const input = PreviewQuotaInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  const group = requireGroup(await findGroup(ctx.db, input.group), input.group);
  return (await plan(ctx.db, group, input.quota)).impact;
}

async function plan(db: Db | Tx, group: Group, said: AmountsInput): Promise<{ quota: Amounts; impact: Impact }> {
  const quota = withWritten(group.quota, said, "quota");
  // What was set before the ceiling came down is no reason to refuse a change of something else: the ceiling binds all the same.
  const changed = beyond(quota, group.ceiling).find((resource) => quota[resource] !== group.quota[resource]);
  if (changed !== undefined) throw beyondCeiling(group, changed);
  const impact = await impactOf(db, group, boundsOf(group), boundsOf({ quota, ceiling: group.ceiling }));
  return { quota, impact };
}

function beyondCeiling({ name, ceiling }: Group, resource: keyof Amounts): HubError {
  const most = amountText(resource, ceiling[resource] ?? 0);
  return new HubError(
    "invalid",
    `The ceiling of group ${name} is ${most}. Stay within it, or ask an admin to raise it.`,
    {
      detail: { field: `quota.${inputKeyOf(resource)}`, resource, ceiling: ceiling[resource] ?? 0 },
    },
  );
}

export function requireGroup(group: Group | undefined, name: string): Group {
  if (group === undefined) throw new HubError("not-found", `There is no group called “${name}”.`);
  return group;
}
