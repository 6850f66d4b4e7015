import { GroupInput } from "#server/groups/name.ts";
import { getQuota } from "#server/quotas/get.ts";
import { listQuotas, QuotaOverviewInput } from "#server/quotas/overview.ts";
import { PreviewCeilingInput, previewCeiling, SetCeilingInput, setCeiling } from "#server/quotas/set-ceiling.ts";
import {
  PreviewMemberLimitsInput,
  previewMemberLimits,
  SetMemberLimitsInput,
  setMemberLimits,
} from "#server/quotas/set-member-limits.ts";
import { PreviewQuotaInput, previewQuota, SetQuotaInput, setQuota } from "#server/quotas/set-quota.ts";
import { router, userProcedure } from "../trpc.ts";

export const quotasRouter = router({
  get: userProcedure.input(GroupInput).query(({ ctx, input }) => getQuota(ctx.verb, input)),
  overview: userProcedure.input(QuotaOverviewInput).query(({ ctx, input }) => listQuotas(ctx.verb, input)),
  previewQuota: userProcedure.input(PreviewQuotaInput).query(({ ctx, input }) => previewQuota(ctx.verb, input)),
  setQuota: userProcedure.input(SetQuotaInput).mutation(({ ctx, input }) => setQuota(ctx.verb, input)),
  previewCeiling: userProcedure.input(PreviewCeilingInput).query(({ ctx, input }) => previewCeiling(ctx.verb, input)),
  setCeiling: userProcedure.input(SetCeilingInput).mutation(({ ctx, input }) => setCeiling(ctx.verb, input)),
  previewMemberLimits: userProcedure
    .input(PreviewMemberLimitsInput)
    .query(({ ctx, input }) => previewMemberLimits(ctx.verb, input)),
  setMemberLimits: userProcedure
    .input(SetMemberLimitsInput)
    .mutation(({ ctx, input }) => setMemberLimits(ctx.verb, input)),
});
