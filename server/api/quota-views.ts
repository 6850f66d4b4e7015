import type { Amounts, MemberLimits, QuotaResource } from "#db/schema/settings.ts";

/** What the pages get to see of quotas. Amounts in the units of the resource's name; `text` is for people. */

export type QuotaBar = {
  readonly resource: QuotaResource;
  readonly used: number;
  /** What binds: the quota within the ceiling. Null: no rule. */
  readonly hard: number | null;
  readonly quota: number | null;
  readonly ceiling: number | null;
  /** "2 of 4 CPUs", or "2 CPUs" where nothing binds. */
  readonly text: string;
};

/** What one member holds of a group's quota. */
export type MemberUseView = { readonly user: string; readonly amounts: Readonly<Record<QuotaResource, number>> };

export type QuotaView = {
  readonly group: string;
  readonly bars: readonly QuotaBar[];
  /** Who uses what, whoever has most servers first; at most 200. */
  readonly members: readonly MemberUseView[];
  readonly membersInAll: number;
  readonly memberLimits: MemberLimits;
  /** What binds the one who asks, when they are in the group. */
  readonly mine: { readonly limits: MemberLimits; readonly servers: number } | null;
  /** May change quota and member limits; may change the ceiling. */
  readonly may: { readonly setQuota: boolean; readonly setCeiling: boolean };
};

export type QuotaOverviewRow = {
  readonly group: string;
  readonly quota: Amounts;
  readonly ceiling: Amounts;
  readonly bars: readonly QuotaBar[];
  /** The largest used/hard of all resources; 0 without rules. */
  readonly fullness: number;
};

/** Whether a start fits, for a card or a combination of choices. */
export type FitView = {
  readonly fits: boolean;
  /** Why not, as a sentence; null when it fits. */
  readonly reason: string | null;
  /** After the start, where a rule binds: "3 of 4 CPUs". */
  readonly after: readonly {
    readonly resource: QuotaResource;
    readonly used: number;
    readonly hard: number;
    readonly text: string;
  }[];
};
