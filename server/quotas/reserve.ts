import type { Tx } from "#db/client.ts";
import { type HeldBy, holdersOf, lockGroupForStart, type MemberGroup, usedBesides } from "#db/reservations.ts";
import type { MemberLimits } from "#db/schema/settings.ts";
import { mayDo } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { boundsOf, type Shortage, type Totals } from "./amounts.ts";
import { decide, limitsOfMember, type MemberLimitHit } from "./decide.ts";
import { type Holder, memberLimitSentence, rejectionSentence } from "./rejection.ts";

export type Claim = {
  readonly member: MemberGroup;
  readonly owner: { readonly id: string; readonly name: string };
  readonly serverId: string;
  /** The server, and a new home if it makes one. */
  readonly asked: Totals;
};

/** A group without rules got one between two looks: the start is looked at anew. */
export class RulesChanged extends Error {}

/** Whether anything in this group can refuse a start. */
export function hasRules({ group, limits }: MemberGroup): boolean {
  const rules = { ...boundsOf(group), ...group.memberLimits, ...limits };
  return Object.keys(rules).length > 0;
}

/**
 * The referee of every quota. Called last in the start's transaction, because the group's row stays locked from here until it commits:
 * whoever comes second finds what the first reserved. The caller writes the reservation. Errors: limit-reached, with what, how much of
 * how much, by whom and when it may free up.
 */
export async function refuseBeyondQuota(tx: Tx, ctx: VerbContext, claim: Claim): Promise<void> {
  const { member, owner, serverId, asked } = claim;
  const strict = hasRules(member);
  const group = await lockGroupForStart(tx, member.group.id, strict ? "no key update" : "share");
  if (group === undefined) throw noLongerIn(claim);
  const { used, member: now } = await usedBesides(tx, { groupId: group.id, serverId, userId: owner.id });
  if (now.limits === null) throw noLongerIn(claim);
  if (!strict && hasRules({ ...member, group, limits: now.limits })) throw new RulesChanged("the group has rules now");
  const verdict = decide({
    bounds: boundsOf(group),
    used,
    asked,
    limits: limitsOfMember(group.memberLimits, now.limits satisfies MemberLimits),
    memberServers: now.servers,
  });
  if (verdict.kind === "beyond-member-limit") throw memberLimitReached(claim, verdict.limit);
  if (verdict.kind === "beyond-quota") throw await quotaReached(tx, ctx, claim, verdict.short[0]);
}

function noLongerIn({ member, owner }: Claim): HubError {
  return new HubError("conflict", `“${owner.name}” is no longer in group ${member.group.name}. Choose another group.`, {
    detail: { field: "group" },
  });
}

function memberLimitReached({ member, owner }: Claim, hit: MemberLimitHit): HubError {
  const group = member.group.name;
  const { limit: resource, asked, used, hard } = hit;
  const detail = { group, resource, asked, used, hard, whose: "member" };
  return new HubError("limit-reached", memberLimitSentence(group, `“${owner.name}”`, hit), { detail });
}

const holdersShown = 50;

/** Names are for those who may read the group: its members see with whom they share it, a token that may only start servers doesn't. */
export async function quotaReached(
  tx: Tx,
  ctx: VerbContext,
  { member }: Pick<Claim, "member">,
  shortage: Shortage,
): Promise<HubError> {
  const { id, name } = member.group;
  const now = ctx.clock.now();
  const held = await holdersOf(tx, id, shortage.resource, holdersShown);
  const maySee = await mayDo(ctx, "read:groups", { group: name });
  const holders: readonly Holder[] = maySee ? held : [];
  const mayFreeUpAt = nextStop(held, now);
  const { resource, asked, used, hard } = shortage;
  return new HubError("limit-reached", rejectionSentence(name, shortage, { holders, mayFreeUpAt, now }), {
    detail: {
      group: name,
      resource,
      asked,
      used,
      hard,
      whose: "group",
      by: [...new Set(holders.map(({ owner }) => owner))].join(", "),
      mayFreeUpAt: mayFreeUpAt?.toISOString() ?? null,
    },
  });
}

function nextStop(held: readonly HeldBy[], now: Date): Date | null {
  const due = held.flatMap(({ stopAt }) => (stopAt !== null && stopAt > now ? [stopAt] : []));
  return due.sort((a, b) => a.getTime() - b.getTime())[0] ?? null;
}
