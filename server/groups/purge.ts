import { inTransaction } from "#db/client.ts";
import { forgetGroup } from "#db/group-deletion.ts";
import { groupsPastUndo, lockGroupById } from "#db/groups.ts";
import { recordAudit } from "../audit/record.ts";
import type { VerbContext } from "../verb-context.ts";

/** Removes the groups whose time to undo is over. Their homes stay, listed as orphaned. Several hubs at once do no harm. */
export async function purgeDeletedGroups(ctx: VerbContext): Promise<void> {
  const now = ctx.clock.now();
  for (const id of await groupsPastUndo(ctx.db, now)) {
    await inTransaction(ctx.db, async (tx) => {
      const group = await lockGroupById(tx, id);
      // Brought back or removed by somebody else since we looked.
      if (group === undefined || group.undoUntil === null || group.undoUntil > now) return;
      const { orphanedHomes } = await forgetGroup(tx, id, now);
      await recordAudit(tx, ctx, {
        action: "group.purge",
        target: `group:${id}`,
        detail: { name: group.name, orphanedHomes },
      });
    });
  }
}
