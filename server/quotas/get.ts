import { findGroup } from "#db/groups.ts";
import { usedByMembers } from "#db/quota-overview.ts";
import { usedBesides, usedOfGroup } from "#db/reservations.ts";
import type { QuotaView } from "#server/api/quota-views.ts";
import { mayDo, requireScope } from "#server/auth/require-scope.ts";
import { GroupInput } from "#server/groups/name.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { barsOf } from "./bars.ts";
import { limitsOfMember } from "./decide.ts";
import { requireGroup } from "./set-quota.ts";

const membersShown = 200;

/**
 * A group's quota, what is used of it and by whom. Members see one another's names here: they share what is scarce, and whoever is
 * refused a start is told the same names.
 */
export async function getQuota(ctx: VerbContext, rawInput: unknown): Promise<QuotaView> {
  const input = GroupInput.parse(rawInput);
  await requireScope(ctx, "read:groups", input);
  const group = requireGroup(await findGroup(ctx.db, input.group), input.group);
  const userId = "userId" in ctx.actor ? ctx.actor.userId : null;
  const [used, { members, total }, mine, setQuota, setCeiling] = await Promise.all([
    usedOfGroup(ctx.db, group.id),
    usedByMembers(ctx.db, group.id, membersShown),
    userId === null ? null : usedBesides(ctx.db, { groupId: group.id, serverId: null, userId }),
    mayDo(ctx, "groups", input),
    mayDo(ctx, "admin:groups", input),
  ]);
  const own = mine?.member.limits ?? null;
  return {
    group: group.name,
    bars: barsOf(group, used),
    members,
    membersInAll: total,
    memberLimits: group.memberLimits,
    mine:
      mine === null || own === null
        ? null
        : { limits: limitsOfMember(group.memberLimits, own), servers: mine.member.servers },
    may: { setQuota, setCeiling },
  };
}
