import { inTransaction } from "#db/client.ts";
import { forgetGroup, keptHomesOfGroup } from "#db/group-deletion.ts";
import { groupsPastUndo, lockGroupById } from "#db/groups.ts";
import { recordAudit } from "../audit/record.ts";
import type { Spawner } from "../spawner/spawner.ts";
import type { VerbContext } from "../verb-context.ts";

type Volumes = { readonly volumesRetained: number; readonly volumesNotRetained: number };

/**
 * Removes the groups whose time to undo is over. Their homes stay, listed as orphaned, and their volumes with them. Volumes first: a group
 * whose volumes can't be asked for now is looked at again the next time. Several hubs at once do no harm.
 */
export async function purgeDeletedGroups(ctx: VerbContext, spawner: Pick<Spawner, "retainHome">): Promise<void> {
  const now = ctx.clock.now();
  for (const id of await groupsPastUndo(ctx.db, now)) {
    try {
      await purge(ctx, id, now, await retainVolumes(ctx, spawner, id));
    } catch (error) {
      ctx.log.warn({ err: error, groupId: id }, "a deleted group could not be removed; the next round tries again");
    }
  }
}

async function retainVolumes(
  ctx: VerbContext,
  spawner: Pick<Spawner, "retainHome">,
  groupId: string,
): Promise<Volumes> {
  const count = { retained: 0, "no-volume": 0, "not-allowed": 0 };
  if (spawner.retainHome !== undefined)
    for (const home of await keptHomesOfGroup(ctx.db, groupId)) count[await spawner.retainHome(home)]++;
  return { volumesRetained: count.retained, volumesNotRetained: count["not-allowed"] };
}

async function purge(ctx: VerbContext, id: string, now: Date, volumes: Volumes): Promise<void> {
  await inTransaction(ctx.db, async (tx) => {
    const group = await lockGroupById(tx, id);
    // Brought back or removed by somebody else since we looked.
    if (group === undefined || group.undoUntil === null || group.undoUntil > now) return;
    const { orphanedHomes } = await forgetGroup(tx, id, now);
    await recordAudit(tx, ctx, {
      action: "group.purge",
      target: `group:${id}`,
      detail: { name: group.name, orphanedHomes, ...volumes },
    });
  });
}
