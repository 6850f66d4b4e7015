import type { Budget, ComputeHours } from "#db/schema/settings.ts";
import type { Used } from "#db/usage.ts";

/** One side of a budget that is used up: whose, of what, how much of how much, over how many days. */
export type Spent = {
  readonly whose: "group" | "member";
  readonly resource: keyof ComputeHours;
  readonly usedHours: number;
  readonly allowedHours: number;
  readonly windowDays: number;
};

const resources: readonly (keyof ComputeHours)[] = ["cpuHours", "memoryGibHours", "gpuHours"];

/** What stops a start, or null: the first budget whose hours are gone. Graphics cards bind only servers that take one. */
export function spentBudget(
  budget: Budget | null,
  used: { readonly group: Used; readonly member: Used },
  asks: { readonly gpus: number },
): Spent | null {
  if (budget === null) return null;
  for (const whose of ["member", "group"] as const) {
    for (const resource of resources) {
      const allowedHours = budget[whose][resource];
      if (allowedHours === undefined || (resource === "gpuHours" && asks.gpus === 0)) continue;
      const usedHours = used[whose][resource];
      if (usedHours >= allowedHours) return { whose, resource, usedHours, allowedHours, windowDays: budget.windowDays };
    }
  }
  return null;
}

const units: Record<keyof ComputeHours, string> = {
  cpuHours: "CPU hours",
  memoryGibHours: "GiB hours of memory",
  gpuHours: "GPU hours",
};

/** "Group physics has used 120 of 100 CPU hours of the last 30 days." */
export function spentSentence(spent: Spent, group: string): string {
  const who = spent.whose === "group" ? `Group ${group} has` : `You have, in group ${group},`;
  const days = spent.windowDays === 1 ? "last 24 hours" : `last ${spent.windowDays} days`;
  return `${who} used ${roundHours(spent.usedHours)} of ${roundHours(spent.allowedHours)} ${units[spent.resource]} of the ${days}.`;
}

export function roundHours(hours: number): string {
  return hours >= 100 ? hours.toFixed(0) : hours.toFixed(1).replace(/\.0$/, "");
}

/** What is left for a member: the smaller of their own rest and the group's, per resource; absent where nothing is set. */
export function remainingHours(
  budget: Budget | null,
  used: { readonly group: Used; readonly member: Used },
): ComputeHours {
  if (budget === null) return {};
  const rest = (resource: keyof ComputeHours): number | undefined => {
    const sides = (["group", "member"] as const).flatMap((whose) => {
      const allowed = budget[whose][resource];
      return allowed === undefined ? [] : [Math.max(0, allowed - used[whose][resource])];
    });
    return sides.length === 0 ? undefined : Math.min(...sides);
  };
  return Object.fromEntries(resources.flatMap((one) => (rest(one) === undefined ? [] : [[one, rest(one)]])));
}
