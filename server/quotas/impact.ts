import type { Db, Tx } from "#db/client.ts";
import { type HeldBy, holdersOf, usedOfGroup } from "#db/reservations.ts";
import type { Amounts, QuotaResource } from "#db/schema/settings.ts";
import { HubError } from "#server/errors.ts";
import { usedOfText } from "./amount-text.ts";
import { inOrder } from "./amounts.ts";

/** A quota that would be lower than what is used. */
export type Overuse = {
  readonly resource: QuotaResource;
  readonly used: number;
  readonly hard: number;
  /** "5 of 4 CPUs". */
  readonly text: string;
  readonly by: readonly HeldBy[];
};

/** Nothing is stopped by a quota: those named here go on, and nobody starts another until it fits. */
export type Impact = { readonly overused: readonly Overuse[]; readonly message: string };

const holdersAtMost = 100;

/** Who is affected when these bounds hold instead of those: where more is used than may be, and wasn't beyond it as far before. */
export async function impactOf(
  db: Db | Tx,
  group: { readonly id: string; readonly name: string },
  before: Amounts,
  after: Amounts,
): Promise<Impact> {
  const used = await usedOfGroup(db, group.id);
  const overused: Overuse[] = [];
  for (const resource of inOrder) {
    const hard = after[resource];
    const lowered = hard !== undefined && hard < (before[resource] ?? Number.POSITIVE_INFINITY);
    if (!lowered || used[resource] <= hard) continue;
    const by = await holdersOf(db, group.id, resource, holdersAtMost);
    overused.push({ resource, used: used[resource], hard, text: usedOfText(resource, used[resource], hard), by });
  }
  return { overused, message: impactSentence(group.name, overused) };
}

export function impactSentence(group: string, overused: readonly Overuse[]): string {
  if (overused.length === 0) return "Nobody is affected.";
  const what = overused.map(({ text }) => text).join(", ");
  const names = [...new Set(overused.flatMap(({ by }) => by.map(({ owner }) => owner)))];
  const shown = names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} others` : names.join(", ");
  return `Group ${group} would have used ${what}: ${shown}. Nothing is stopped, and nobody can start another server that needs these until it fits.`;
}

/** Lowering below what is used takes a word of confirmation, given by somebody who was shown whom it affects. */
export function requireConfirmation(impact: Impact, confirm: boolean): void {
  if (confirm || impact.overused.length === 0) return;
  throw new HubError("conflict", `${impact.message} Confirm to go on.`, {
    detail: { field: "confirm", resources: impact.overused.map(({ resource }) => resource).join(", ") },
  });
}
