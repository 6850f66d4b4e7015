import { z } from "zod";
import { findGroup } from "#db/groups.ts";
import { sumUsage, usageBy, usageOverTime } from "#db/usage.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { GroupUsageView } from "./views.ts";
import { DaysInput, windowOf } from "./window.ts";

export const GroupUsageInput = z.strictObject({ group: z.string().max(256), days: DaysInput });
const linesShown = 50;

/** What a group used: over time, by whom, with which profiles, and how its budget stands. */
export async function usageOfGroup(ctx: VerbContext, rawInput: unknown): Promise<GroupUsageView> {
  const input = GroupUsageInput.parse(rawInput);
  await requireScope(ctx, "read:usage", { group: input.group });
  const group = await findGroup(ctx.db, input.group);
  if (group === undefined) throw new HubError("not-found", `There is no group called “${input.group}”.`);
  const window = windowOf(input.days, ctx.clock.now());
  const of = { groupId: group.id };
  const lines = { ...window, ...of, limit: linesShown, offset: 0 };
  const { budget } = group;
  return {
    ...window,
    total: await sumUsage(ctx.db, of, window),
    buckets: await usageOverTime(ctx.db, of, window),
    budget,
    spent: budget === null ? null : await sumUsage(ctx.db, of, windowOf(budget.windowDays, window.to)),
    byUser: (await usageBy(ctx.db, "user", lines)).items,
    byProfile: (await usageBy(ctx.db, "profile", lines)).items,
  };
}
