import type { Amounts } from "#db/schema/settings.ts";
import type { QuotaBar } from "#server/api/quota-views.ts";
import { amountText, usedOfText } from "./amount-text.ts";
import { boundsOf, inOrder, type Totals } from "./amounts.ts";

/** One bar a resource, those without a rule too. */
export function barsOf(group: { readonly quota: Amounts; readonly ceiling: Amounts }, used: Totals): QuotaBar[] {
  const bounds = boundsOf(group);
  return inOrder.map((resource) => {
    const hard = bounds[resource] ?? null;
    return {
      resource,
      used: used[resource],
      hard,
      quota: group.quota[resource] ?? null,
      ceiling: group.ceiling[resource] ?? null,
      text: hard === null ? amountText(resource, used[resource]) : usedOfText(resource, used[resource], hard),
    };
  });
}
