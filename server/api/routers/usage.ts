import { exportUsageCsv, UsageCsvInput } from "#server/usage/export-csv.ts";
import { MyUsageInput, usageOfUser } from "#server/usage/mine.ts";
import { GroupUsageInput, usageOfGroup } from "#server/usage/of-group.ts";
import { OverviewInput, usageOverview } from "#server/usage/overview.ts";
import { SetBudgetInput, setBudget } from "#server/usage/set-budget.ts";
import { router, userProcedure } from "../trpc.ts";

export const usageRouter = router({
  mine: userProcedure.input(MyUsageInput).query(({ ctx, input }) => usageOfUser(ctx.verb, input)),
  group: userProcedure.input(GroupUsageInput).query(({ ctx, input }) => usageOfGroup(ctx.verb, input)),
  overview: userProcedure.input(OverviewInput).query(({ ctx, input }) => usageOverview(ctx.hub, ctx.verb, input)),
  csv: userProcedure.input(UsageCsvInput).query(({ ctx, input }) => exportUsageCsv(ctx.verb, input)),
  setBudget: userProcedure.input(SetBudgetInput).mutation(async ({ ctx, input }) => {
    await setBudget(ctx.verb, input);
    return null;
  }),
});
