import type { HeldByMember } from "#db/member-limits.ts";
import type { MemberLimits } from "#db/schema/settings.ts";
import { usedOfText } from "./amount-text.ts";

/** A member who has more already than a new limit allows. */
export type MemberOveruse = {
  readonly user: string;
  readonly limit: "servers" | "cpuLimitMillicores" | "memoryLimitBytes" | "gpus" | "homeBytes";
  readonly used: number;
  readonly hard: number;
  /** "3 of 2 servers". */
  readonly text: string;
};

const limits = ["servers", "gpus", "cpuLimitMillicores", "memoryLimitBytes", "homeBytes"] as const;

/** What of a member's use is beyond the new limits, as far as these are lower than before. */
export function memberOveruse(held: HeldByMember, before: MemberLimits, after: MemberLimits): MemberOveruse[] {
  return limits.flatMap((limit) => {
    const hard = after[limit];
    const used = held[limit];
    const lowered = hard !== undefined && hard < (before[limit] ?? Number.POSITIVE_INFINITY);
    if (!lowered || used <= hard) return [];
    const text = usedOfText(limit === "homeBytes" ? "storageBytes" : limit, used, hard);
    return [{ user: held.user, limit, used, hard, text }];
  });
}

export function memberOveruseSentence(overused: readonly MemberOveruse[]): string {
  if (overused.length === 0) return "Nobody is affected.";
  const each = overused.map(({ user, text }) => `${user} (${text})`);
  const shown = each.length > 6 ? `${each.slice(0, 6).join(", ")} and ${each.length - 6} more` : each.join(", ");
  return `Some have more already: ${shown}. Nothing is stopped, and they can't start another such server until it fits.`;
}
