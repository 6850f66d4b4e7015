import { z } from "zod";
import { sumUsage, usageBy, usageKinds, usageOverTime } from "#db/usage.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { UsageOverview } from "./views.ts";
import { DaysInput, windowOf } from "./window.ts";

export const OverviewInput = z.strictObject({
  days: DaysInput,
  by: z.enum(usageKinds).default("group"),
  page: z.int().min(1).max(100_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** What everybody used, by group, user or profile, a page at a time. */
export async function usageOverview(ctx: VerbContext, rawInput: unknown): Promise<UsageOverview> {
  const input = OverviewInput.parse(rawInput ?? {});
  await requireScope(ctx, "read:usage", "everything");
  const window = windowOf(input.days, ctx.clock.now());
  const { page, pageSize } = input;
  const lines = await usageBy(ctx.db, input.by, { ...window, limit: pageSize, offset: (page - 1) * pageSize });
  return {
    ...window,
    total: await sumUsage(ctx.db, {}, window),
    buckets: await usageOverTime(ctx.db, {}, window),
    items: lines.items,
    itemCount: lines.total,
    page,
    pageSize,
  };
}
