import type { Tx } from "#db/client.ts";
import { lockGroupForStart, type MemberGroup, usedBesides } from "#db/reservations.ts";
import type { MemberLimits } from "#db/schema/settings.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { boundsOf, type Shortage, type Totals } from "./amounts.ts";
import { whoHolds } from "./by-whom.ts";
import { decide, limitsOfMember, type MemberLimitHit } from "./decide.ts";
import { memberLimitSentence, rejectionSentence } from "./rejection.ts";

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

async function quotaReached(tx: Tx, ctx: VerbContext, { member }: Claim, shortage: Shortage): Promise<HubError> {
  const { name } = member.group;
  const by = await whoHolds(tx, ctx, member.group, shortage.resource);
  return new HubError("limit-reached", rejectionSentence(name, shortage, by), {
    detail: {
      group: name,
      resource: shortage.resource,
      asked: shortage.asked,
      used: shortage.used,
      hard: shortage.hard,
      whose: "group",
      by: [...new Set(by.holders.map(({ owner }) => owner))].join(", "),
      mayFreeUpAt: by.mayFreeUpAt?.toISOString() ?? null,
    },
  });
}
