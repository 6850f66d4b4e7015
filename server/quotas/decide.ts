import type { Amounts, MemberLimits } from "#db/schema/settings.ts";
import { type Shortage, shortagesOf, type Totals } from "./amounts.ts";

/** What one start asks of its group, and what there is. Read under the group's row lock, or it is out of date. */
export type Asking = {
  /** The quota, within the ceiling (`boundsOf`). */
  readonly bounds: Amounts;
  /** Everything reserved and every home, without what this very server still holds. */
  readonly used: Totals;
  readonly asked: Totals;
  /** The member's own over the group's (`limitsOfMember`). */
  readonly limits: MemberLimits;
  /** Servers of this member that hold something, this one aside. */
  readonly memberServers: number;
};

export type Verdict =
  | { readonly kind: "fits" }
  | { readonly kind: "beyond-quota"; readonly short: readonly [Shortage, ...Shortage[]] }
  | { readonly kind: "beyond-member-limit"; readonly limit: MemberLimitHit };

export type MemberLimitHit = {
  readonly limit: "servers" | "cpuLimitMillicores" | "memoryLimitBytes" | "gpus" | "homeBytes";
  readonly asked: number;
  readonly used: number;
  readonly hard: number;
};

/** The member's limits first: no waiting for others helps against them. */
export function decide(asking: Asking): Verdict {
  const hit = memberLimitHit(asking);
  if (hit !== undefined) return { kind: "beyond-member-limit", limit: hit };
  const [first, ...more] = shortagesOf(asking.bounds, asking.used, asking.asked);
  return first === undefined ? { kind: "fits" } : { kind: "beyond-quota", short: [first, ...more] };
}

function memberLimitHit({ limits, asked, memberServers }: Asking): MemberLimitHit | undefined {
  const candidates: readonly MemberLimitHit[] = [
    one("servers", asked.servers, memberServers, limits.servers),
    one("gpus", asked.gpus, 0, limits.gpus),
    one("cpuLimitMillicores", asked.cpuLimitMillicores, 0, limits.cpuLimitMillicores),
    one("memoryLimitBytes", asked.memoryLimitBytes, 0, limits.memoryLimitBytes),
    one("homeBytes", asked.storageBytes, 0, limits.homeBytes),
  ];
  return candidates.find(({ asked: amount, used, hard }) => amount > 0 && used + amount > hard);
}

function one(limit: MemberLimitHit["limit"], asked: number, used: number, hard?: number): MemberLimitHit {
  return { limit, asked, used, hard: hard ?? Number.POSITIVE_INFINITY };
}

/** A key the member has stands in place of the group's. */
export function limitsOfMember(group: MemberLimits, own: MemberLimits): MemberLimits {
  return { ...group, ...own };
}
