/**
 * The shapes of the JSON columns that people set: quotas, limits, budgets, culling. Written through a zod schema of the verb that sets
 * them; a key that is absent means "no rule here".
 */
export const quotaResources = [
  "cpuRequestMillicores",
  "cpuLimitMillicores",
  "memoryRequestBytes",
  "memoryLimitBytes",
  "gpus",
  "storageBytes",
  "servers",
  "homes",
] as const;
export type QuotaResource = (typeof quotaResources)[number];
export type Amounts = { readonly [resource in QuotaResource]?: number };

/** What one member may take of a group's quota. */
export type MemberLimits = {
  readonly servers?: number;
  /** The largest server: limits of CPU and memory, and graphics cards. */
  readonly cpuLimitMillicores?: number;
  readonly memoryLimitBytes?: number;
  readonly gpus?: number;
  readonly homeBytes?: number;
  readonly hoursPerWeek?: number;
};

export type ComputeHours = {
  readonly cpuHours?: number;
  readonly memoryGibHours?: number;
  readonly gpuHours?: number;
};

export type Budget = {
  readonly windowDays: number;
  /** For the whole group, and for each member of it. */
  readonly group: ComputeHours;
  readonly member: ComputeHours;
  readonly whenSpent: "refuse-start" | "stop";
};

/** Hours in which servers are stopped, each week. `days`: 0 is Sunday; `from` and `to` as HH:MM; `to` before `from` is the next day. */
export type QuietHours = {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
};

export type CullRule = {
  readonly idleSeconds?: number;
  readonly maxAgeSeconds?: number;
  readonly quietHours?: readonly QuietHours[];
};

export type SharedVolume = {
  readonly name: string;
  readonly capacityBytes: number;
  readonly storageClass: string | null;
  readonly writers: "managers" | "members";
};

export const stopReasons = [
  "user",
  "manager",
  "admin",
  "idle",
  "max-age",
  "quiet-hours",
  "budget",
  "disabled",
  "logout",
  "group-deleted",
  "hub",
] as const;
export type StopReason = (typeof stopReasons)[number];

/** Why a server isn't running any more, for the home page. `message` is a sentence for its user. */
export type LastStop = {
  readonly at: string;
  readonly reason: StopReason;
  readonly message: string;
  readonly by: string;
};
