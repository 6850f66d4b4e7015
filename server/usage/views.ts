import type { Budget, ComputeHours } from "#db/schema/settings.ts";
import type { Bucket, UsageLine, Used } from "#db/usage.ts";

export type UsageView = {
  readonly from: Date;
  readonly to: Date;
  readonly bucketSeconds: number;
  readonly total: Used;
  readonly buckets: readonly Bucket[];
};

export type MyUsageView = UsageView & {
  readonly groups: readonly {
    readonly group: string;
    readonly budget: Budget | null;
    /** What this user has used of it in the budget's window, and what is left for them. */
    readonly used: Used;
    readonly remaining: ComputeHours;
  }[];
};

export type GroupUsageView = UsageView & {
  readonly budget: Budget | null;
  /** Within the budget's window; null without a budget. */
  readonly spent: Used | null;
  readonly byUser: readonly UsageLine[];
  readonly byProfile: readonly UsageLine[];
};

export type UsageOverview = UsageView & {
  readonly items: readonly UsageLine[];
  readonly itemCount: number;
  readonly page: number;
  readonly pageSize: number;
};
