import { z } from "zod";
import { quotaOverview } from "#db/quota-overview.ts";
import type { QuotaOverviewRow } from "#server/api/quota-views.ts";
import type { Page } from "#server/api/views.ts";
import { requireReach } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { barsOf } from "./bars.ts";

export const QuotaOverviewInput = z.strictObject({
  search: z.string().max(255).default(""),
  sort: z.enum(["name", "-name", "-fullest"]).default("name"),
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** The quotas of all groups one may read, a page at a time. */
export async function listQuotas(ctx: VerbContext, rawInput: unknown): Promise<Page<QuotaOverviewRow>> {
  const input = QuotaOverviewInput.parse(rawInput);
  const within = requireReach(ctx, "read:groups");
  const { groups, total } = await quotaOverview(ctx.db, { ...input, within });
  const items = groups.map(({ name, quota, ceiling, used, fullness }) => ({
    group: name,
    quota,
    ceiling,
    bars: barsOf({ quota, ceiling }, used),
    fullness,
  }));
  return { items, total, page: input.page, pageSize: input.pageSize };
}
