import { z } from "zod";
import { type Db, inTransaction, type Tx } from "#db/client.ts";
import { findGroup, type Group, lockGroup, updateGroup } from "#db/groups.ts";
import { findMemberLimits, heldByMembers, setMemberLimitsOf } from "#db/member-limits.ts";
import type { MemberLimits } from "#db/schema/settings.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { GroupName } from "#server/groups/name.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { limitsWithWritten, MemberLimitsInput } from "./amount-input.ts";
import { limitsOfMember } from "./decide.ts";
import { type MemberOveruse, memberOveruse, memberOveruseSentence } from "./member-overuse.ts";
import { requireGroup } from "./set-quota.ts";

export const PreviewMemberLimitsInput = z.strictObject({
  group: GroupName,
  /** Absent or null: for every member who has none of their own. */
  user: z.string().min(1).max(256).nullish(),
  limits: MemberLimitsInput,
});
export const SetMemberLimitsInput = PreviewMemberLimitsInput.extend({ confirm: z.boolean().default(false) });

export type MemberImpact = { readonly overused: readonly MemberOveruse[]; readonly message: string };

/** Sets what one member, or each, may take of the group's quota. Errors: invalid (the field), not-found, conflict (confirmation). */
export async function setMemberLimits(ctx: VerbContext, rawInput: unknown): Promise<MemberImpact> {
  const input = SetMemberLimitsInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  return await inTransaction(ctx.db, async (tx) => {
    const group = requireGroup(await lockGroup(tx, input.group), input.group);
    const planned = await plan(tx, group, input);
    requireMemberConfirmation(planned.impact, input.confirm);
    if (planned.userId === null) await updateGroup(tx, group.id, { memberLimits: planned.limits });
    else await setMemberLimitsOf(tx, { groupId: group.id, userId: planned.userId }, planned.limits);
    await recordAudit(tx, ctx, {
      action: "group.set-member-limits",
      target: `group:${group.id}`,
      detail: {
        group: group.name,
        user: input.user ?? null,
        before: JSON.stringify(planned.before),
        after: JSON.stringify(planned.limits),
      },
    });
    return planned.impact;
  });
}

/** Who has more already than they would be allowed. Changes nothing. */
export async function previewMemberLimits(ctx: VerbContext, rawInput: unknown): Promise<MemberImpact> {
  const input = PreviewMemberLimitsInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  const group = requireGroup(await findGroup(ctx.db, input.group), input.group);
  return (await plan(ctx.db, group, input)).impact;
}

type Planned = {
  /** Null: the group's own limits. */
  readonly userId: string | null;
  readonly before: MemberLimits;
  readonly limits: MemberLimits;
  readonly impact: MemberImpact;
};

async function plan(db: Db | Tx, group: Group, input: z.infer<typeof PreviewMemberLimitsInput>): Promise<Planned> {
  const name = input.user ?? null;
  const member = name === null ? undefined : await findMemberLimits(db, group.id, name);
  if (name !== null && member === undefined)
    throw new HubError("not-found", `“${name}” is not in group ${group.name}.`, { detail: { field: "user" } });
  const before = member?.limits ?? group.memberLimits;
  const limits = limitsWithWritten(before, input.limits, "limits");
  const held = await heldByMembers(db, group.id, member?.userId ?? null);
  const allowed = (own: MemberLimits, next: boolean) =>
    member === undefined
      ? limitsOfMember(next ? limits : group.memberLimits, own)
      : limitsOfMember(group.memberLimits, next ? limits : own);
  const overused = held.flatMap((one) => memberOveruse(one, allowed(one.limits, false), allowed(one.limits, true)));
  return {
    userId: member?.userId ?? null,
    before,
    limits,
    impact: { overused, message: memberOveruseSentence(overused) },
  };
}

function requireMemberConfirmation(impact: MemberImpact, confirm: boolean): void {
  if (confirm || impact.overused.length === 0) return;
  throw new HubError("conflict", `${impact.message} Confirm to go on.`, {
    detail: { field: "confirm", users: [...new Set(impact.overused.map(({ user }) => user))].join(", ") },
  });
}
