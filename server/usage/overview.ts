import { z } from "zod";
import { sumUsage, usageBy, usageKinds, usageOverTime } from "#db/usage.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { Remembered } from "./remembered.ts";
import type { UsageOverview } from "./views.ts";
import { DaysInput, windowOf } from "./window.ts";

export const OverviewInput = z.strictObject({
  days: DaysInput,
  by: z.enum(usageKinds).default("group"),
  page: z.int().min(1).max(100_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** What everybody used, by group, user or profile, a page at a time; `to` says as of when. */
export async function usageOverview(
  hub: { readonly usageOverviews: Remembered<UsageOverview> },
  ctx: VerbContext,
  rawInput: unknown,
): Promise<UsageOverview> {
  const input = OverviewInput.parse(rawInput ?? {});
  await requireScope(ctx, "read:usage", "everything");
  return await hub.usageOverviews.get(JSON.stringify(input), () => overviewOf(ctx, input));
}

async function overviewOf(ctx: VerbContext, input: z.infer<typeof OverviewInput>): Promise<UsageOverview> {
  const window = windowOf(input.days, ctx.clock.now());
  const { page, pageSize } = input;
  const [lines, total, buckets] = await Promise.all([
    usageBy(ctx.db, input.by, { ...window, limit: pageSize, offset: (page - 1) * pageSize }),
    sumUsage(ctx.db, {}, window),
    usageOverTime(ctx.db, {}, window),
  ]);
  return {
    ...window,
    total,
    buckets,
    items: lines.items,
    itemCount: lines.total,
    page,
    pageSize,
  };
}
