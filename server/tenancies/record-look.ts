import type { Db } from "#db/client.ts";
import { saveLook } from "#db/tenancies.ts";
import type { Clock } from "#server/clock.ts";
import type { Tenancy, TenancyLook } from "#server/spawner/tenancy.ts";

/** What the look found, where admins see it. One that has to be done again says nothing. */
export async function recordLook(
  on: { readonly db: Db; readonly clock: Clock },
  { namespace, groupId, userId }: Tenancy,
  { mended, lacking, outcome }: TenancyLook,
): Promise<void> {
  if (outcome.kind === "retry" && mended.length === 0 && lacking.length === 0) return;
  const refused = outcome.kind === "refused" && lacking.length === 0 ? [outcome.failure.detail] : [];
  const missing = [...lacking, ...refused, ...mended.map((piece) => `${piece} (put back)`)];
  await saveLook(on.db, { name: namespace, groupId, userId, missing, checkedAt: on.clock.now() });
}
