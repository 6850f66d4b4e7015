import { inTransaction } from "#db/client.ts";
import { homesToRemove, lockHomeWithOwner, setHomeRemoved } from "#db/home-list.ts";
import { recordAudit } from "#server/audit/record.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import type { VerbContext } from "#server/verb-context.ts";

const atOnce = 20;

/**
 * Removes the files of homes that were deleted and can't be brought back any more. The row is locked from the last look to the record, so
 * that nobody brings back a home whose files are going; a crash in between is repaired by the next round.
 */
export async function removeDeletedHomes(ctx: VerbContext, spawner: Spawner): Promise<number> {
  let removed = 0;
  for (const { id } of await homesToRemove(ctx.db, ctx.clock.now(), atOnce)) {
    const gone = await inTransaction(ctx.db, async (tx) => {
      const found = await lockHomeWithOwner(tx, id);
      if (found === undefined || found.home.deletedAt === null || found.home.removedAt !== null) return false;
      const { namespace, name, claimUid } = found.home;
      if ((await spawner.removeHome({ homeId: id, namespace, name, claimUid })) !== "gone") return false;
      await setHomeRemoved(tx, id, ctx.clock.now());
      await recordAudit(tx, ctx, {
        action: "home.remove",
        target: `home:${id}`,
        detail: { user: found.owner, home: name },
      });
      return true;
    });
    if (gone) removed += 1;
  }
  return removed;
}
