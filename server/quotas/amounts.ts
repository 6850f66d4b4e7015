import { type Amounts, type QuotaResource, quotaResources } from "#db/schema/settings.ts";

/** An amount of everything a quota knows. Counts, thousandths of a core, bytes. */
export type Totals = Readonly<Record<QuotaResource, number>>;

export const nothing: Totals = totals(() => 0);

export function totals(amountOf: (resource: QuotaResource) => number): Totals {
  return Object.fromEntries(quotaResources.map((resource) => [resource, amountOf(resource)])) as Record<
    QuotaResource,
    number
  >;
}

export function add(a: Totals, b: Totals): Totals {
  return totals((resource) => a[resource] + b[resource]);
}

/** What binds: the managers' quota, and the admin's ceiling where that is lower or the managers set nothing. */
export function boundsOf(group: { readonly quota: Amounts; readonly ceiling: Amounts }): Amounts {
  const bounds = quotaResources.flatMap((resource) => {
    const set = [group.quota[resource], group.ceiling[resource]].filter((amount) => amount !== undefined);
    return set.length === 0 ? [] : [[resource, Math.min(...set)]];
  });
  return Object.fromEntries(bounds);
}

export type Shortage = {
  readonly resource: QuotaResource;
  readonly asked: number;
  readonly used: number;
  readonly hard: number;
};

/**
 * What is missing for `asked` beside what is used, the number of servers first. Nothing asked is always there, also where a quota
 * was lowered below what is used: a server without a graphics card doesn't wait for one.
 */
export function shortagesOf(hard: Amounts, used: Totals, asked: Totals): readonly Shortage[] {
  return inOrder.flatMap((resource) => {
    const most = hard[resource];
    const short = most !== undefined && asked[resource] > 0 && used[resource] + asked[resource] > most;
    return short ? [{ resource, asked: asked[resource], used: used[resource], hard: most }] : [];
  });
}

/** As people think of it: is there a place, then how big a one. */
export const inOrder: readonly QuotaResource[] = [
  "servers",
  "gpus",
  "cpuLimitMillicores",
  "memoryLimitBytes",
  "cpuRequestMillicores",
  "memoryRequestBytes",
  "homes",
  "storageBytes",
];

/** Where `amounts` is beyond `most`. */
export function beyond(amounts: Amounts, most: Amounts): readonly QuotaResource[] {
  return inOrder.filter((resource) => (amounts[resource] ?? 0) > (most[resource] ?? Number.POSITIVE_INFINITY));
}
