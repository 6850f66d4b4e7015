import { amountText, usedOfText } from "./amount-text.ts";
import type { Shortage } from "./amounts.ts";
import type { MemberLimitHit } from "./decide.ts";

/** A server that holds some of what is missing. */
export type Holder = {
  readonly owner: string;
  readonly server: string;
  readonly amount: number;
  readonly since: Date;
  /** When it is due to stop, if that was announced. */
  readonly stopAt: Date | null;
};

export type ByWhom = {
  /** Largest first. Empty where who asks may not see the group. */
  readonly holders: readonly Holder[];
  readonly mayFreeUpAt: Date | null;
  readonly now: Date;
};

/** Names a sentence can hold; the detail has them all. */
const namesAtMost = 4;

/**
 * "Group physics has used 8 of 8 servers: ana, ben (2). The next may free up in about 20 minutes, when ana's server is due to stop."
 * A rejection, not a failure: it says who to talk to and whether waiting helps.
 */
export function rejectionSentence(group: string, shortage: Shortage, by: ByWhom): string {
  const { resource, asked, used, hard } = shortage;
  if (asked > hard) {
    const most = hard === 0 ? "none" : `${amountText(resource, hard)} in all`;
    return `This server asks for ${amountText(resource, asked)}, and group ${group} may use ${most}. ${smaller(shortage)}`;
  }
  const free = hard - used;
  const need = free > 0 ? `, and this server asks for ${amountText(resource, asked)}` : "";
  const names = by.holders.length === 0 ? "" : `: ${namesText(by.holders)}`;
  return `Group ${group} has used ${usedOfText(resource, used, hard)}${need}${names}. ${whenSentence(shortage, by)}`;
}

function smaller({ resource }: Shortage): string {
  return resource === "servers" || resource === "homes" || resource === "storageBytes"
    ? "A manager of the group can raise this."
    : "Choose a smaller profile, or ask a manager of the group for more.";
}

function namesText(holders: readonly Holder[]): string {
  const counts = new Map<string, number>();
  for (const { owner } of holders) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const names = [...counts].map(([name, n]) => (n === 1 ? name : `${name} (${n})`));
  const rest = names.length - namesAtMost;
  return rest > 1 ? `${names.slice(0, namesAtMost).join(", ")} and ${rest} others` : names.join(", ");
}

function whenSentence({ resource }: Shortage, { holders, mayFreeUpAt, now }: ByWhom): string {
  if (resource === "homes" || resource === "storageBytes")
    return "A manager of the group can raise this; an admin can remove homes nobody needs.";
  if (mayFreeUpAt !== null) {
    const due = holders.find(({ stopAt }) => stopAt?.getTime() === mayFreeUpAt.getTime());
    const whose = due === undefined ? "a server" : `${due.owner}’s server`;
    return `The next may free up ${inText(mayFreeUpAt, now)}, when ${whose} is due to stop.`;
  }
  const longest = [...holders].sort((a, b) => a.since.getTime() - b.since.getTime())[0];
  const minutes = longest === undefined ? 0 : minutesBetween(longest.since, now);
  const which =
    longest === undefined || minutes < 1 ? "" : `; ${longest.owner}’s has run longest, for ${spanText(minutes)}`;
  return `The next may free up when somebody stops their server${which}.`;
}

function inText(at: Date, now: Date): string {
  const minutes = Math.max(0, minutesBetween(now, at));
  return minutes < 1 ? "in a moment" : `in about ${spanText(minutes)}`;
}

function minutesBetween(from: Date, to: Date): number {
  return Math.round((to.getTime() - from.getTime()) / 60_000);
}

function spanText(minutes: number): string {
  const counted = (n: number, unit: string) => `${n} ${unit}${n === 1 ? "" : "s"}`;
  if (minutes < 90) return counted(minutes, "minute");
  const hours = Math.round(minutes / 60);
  return hours < 48 ? counted(hours, "hour") : counted(Math.round(hours / 24), "day");
}

/** About a member by name: it is also read by the manager who starts their server. */
export function memberLimitSentence(group: string, member: string, { limit, asked, hard }: MemberLimitHit): string {
  switch (limit) {
    case "servers":
      return hard === 0
        ? `In group ${group}, ${member} may run no server. A manager of the group can change that.`
        : `In group ${group}, ${member} may run ${amountText("servers", hard)} at once. Stop one first.`;
    case "homeBytes":
      return `In group ${group} a home of ${member} may have ${amountText("storageBytes", hard)}, and this one would have ${amountText("storageBytes", asked)}. Ask a manager of the group.`;
    default:
      return `In group ${group} a server of ${member} may have ${amountText(limit, hard)}, and this one asks for ${amountText(limit, asked)}. Choose a smaller profile.`;
  }
}
