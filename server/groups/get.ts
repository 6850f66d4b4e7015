import type { GroupView } from "../api/group-views.ts";
import { mayDo, requireScope } from "../auth/require-scope.ts";
import { hasSharedVolumes } from "../tenancies/shared-volume.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupInput } from "./name.ts";
import { groupRowOf } from "./row.ts";

export async function getGroup(ctx: VerbContext, rawInput: unknown): Promise<GroupView> {
  const input = GroupInput.parse(rawInput);
  await requireScope(ctx, "read:groups", input);
  const group = await requireGroup(ctx.db, input.group);
  const { ceiling, quota, memberLimits, budget, cull, sharedVolume } = group;
  const [row, seeMembers, changeMembers, administer] = await Promise.all([
    groupRowOf(ctx.db, group),
    mayDo(ctx, "list:users", input),
    mayDo(ctx, "groups", input),
    mayDo(ctx, "admin:groups", input),
  ]);
  const shareVolume = changeMembers && hasSharedVolumes(ctx.config);
  const may = { seeMembers, changeMembers, administer, shareVolume };
  return { ...row, ceiling, quota, memberLimits, budget, cull, sharedVolume, may };
}
