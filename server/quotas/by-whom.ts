import type { Db, Tx } from "#db/client.ts";
import { type HeldBy, holdersOf } from "#db/reservations.ts";
import type { QuotaResource } from "#db/schema/settings.ts";
import { mayDo } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { ByWhom } from "./rejection.ts";

const holdersShown = 50;

/**
 * Who holds what is missing, and when some of it may come back. Names are for those who may read the group: its members see with whom
 * they share what is scarce, and can ask them; a token that may only start servers learns no names.
 */
export async function whoHolds(
  db: Db | Tx,
  ctx: VerbContext,
  group: { readonly id: string; readonly name: string },
  resource: QuotaResource,
): Promise<ByWhom> {
  const now = ctx.clock.now();
  const held = await holdersOf(db, group.id, resource, holdersShown);
  const maySee = await mayDo({ actor: ctx.actor, db: ctx.db }, "read:groups", { group: group.name });
  return { holders: maySee ? held : [], mayFreeUpAt: nextStop(held, now), now };
}

function nextStop(held: readonly HeldBy[], now: Date): Date | null {
  const due = held.flatMap(({ stopAt }) => (stopAt !== null && stopAt > now ? [stopAt] : []));
  return due.sort((a, b) => a.getTime() - b.getTime())[0] ?? null;
}
