import type { Tx } from "#db/client.ts";
import type { Budget, MemberLimits } from "#db/schema/settings.ts";
import { sumUsage, type Used } from "#db/usage.ts";
import { HubError } from "#server/errors.ts";
import { roundHours, spentBudget, spentSentence } from "./budget.ts";

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
const nothing: Used = { serverHours: 0, cpuHours: 0, memoryGibHours: 0, gpuHours: 0 };

export type BudgetQuestion = {
  readonly group: { readonly id: string; readonly name: string; readonly budget: Budget | null };
  /** The member's limits as they stand: their own over the group's. */
  readonly limits: MemberLimits;
  readonly userId: string;
  readonly gpus: number;
  readonly now: Date;
};

/**
 * Asked in the start's transaction, under the group's row lock. Hours are no reservation: a server that starts with one hour left may
 * run on, unless the group stops what has spent its budget. Errors: limit-reached, with whose hours and how many.
 */
export async function refuseOverBudget(tx: Tx, question: BudgetQuestion): Promise<void> {
  await refuseBeyondWeek(tx, question);
  const { group, userId, gpus, now } = question;
  if (group.budget === null) return;
  const window = { from: new Date(now.getTime() - group.budget.windowDays * 24 * hourMs), to: now };
  const used = {
    group: hasHours(group.budget.group) ? await sumUsage(tx, { groupId: group.id }, window) : nothing,
    member: hasHours(group.budget.member) ? await sumUsage(tx, { groupId: group.id, userId }, window) : nothing,
  };
  const spent = spentBudget(group.budget, used, { gpus });
  if (spent === null) return;
  throw new HubError("limit-reached", `${spentSentence(spent, group.name)} ${howOn(spent.whose)}`, {
    detail: { group: group.name, resource: spent.resource, used: spent.usedHours, hard: spent.allowedHours },
  });
}

async function refuseBeyondWeek(tx: Tx, { group, limits, userId, now }: BudgetQuestion): Promise<void> {
  const allowed = limits.hoursPerWeek;
  if (allowed === undefined) return;
  const week = { from: new Date(now.getTime() - weekMs), to: now };
  const { serverHours } = await sumUsage(tx, { groupId: group.id, userId }, week);
  if (serverHours < allowed) return;
  throw new HubError(
    "limit-reached",
    `Your servers in group ${group.name} ran ${roundHours(serverHours)} of ${roundHours(allowed)} hours in the last 7 days. Hours come back as that week moves on; a manager of the group can give you more.`,
    { detail: { group: group.name, resource: "hoursPerWeek", used: serverHours, hard: allowed } },
  );
}

function hasHours(hours: object): boolean {
  return Object.keys(hours).length > 0;
}

function howOn(whose: "group" | "member"): string {
  return whose === "group"
    ? "Hours come back as that time moves on; the group's managers can see who used them."
    : "Hours come back as that time moves on; a manager of the group can give you more.";
}
