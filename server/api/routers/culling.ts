import { ExtendServerInput, extendServer, KeepServerInput, keepServerUntil } from "#server/culler/keep.ts";
import { CullRuleInput } from "#server/culler/rule-input.ts";
import { SetGroupCullingInput, setGroupCulling, setMyCulling } from "#server/culler/set-rule.ts";
import { GroupInput, getGroupCulling, getMyCulling } from "#server/culler/views.ts";
import { router, userProcedure } from "../trpc.ts";

export const cullingRouter = router({
  mine: userProcedure.query(({ ctx }) => getMyCulling(ctx.verb)),
  setMine: userProcedure.input(CullRuleInput).mutation(({ ctx, input }) => setMyCulling(ctx.verb, input)),
  group: userProcedure.input(GroupInput).query(({ ctx, input }) => getGroupCulling(ctx.verb, input)),
  setGroup: userProcedure.input(SetGroupCullingInput).mutation(({ ctx, input }) => setGroupCulling(ctx.verb, input)),
  extend: userProcedure
    .input(ExtendServerInput)
    .mutation(async ({ ctx, input }) => await ctx.hub.viewOf((await extendServer(ctx.verb, input)).id)),
  keepUntil: userProcedure
    .input(KeepServerInput)
    .mutation(async ({ ctx, input }) => await ctx.hub.viewOf((await keepServerUntil(ctx.verb, input)).id)),
});
