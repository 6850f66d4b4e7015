import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { findMember } from "#db/group-members.ts";
import { findGroupLike, lockGroupById, updateGroup } from "#db/groups.ts";
import type { GroupRow } from "../api/group-views.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { refuseGivingMore } from "./rights.ts";
import { groupRowOf } from "./row.ts";

export const UndoDeleteInput = z.strictObject({ id: z.uuid() });

/** Brings a deleted group back with its members, limits and homes. Its servers stay stopped. By id: another group may bear its name by now. */
export async function undoDelete(ctx: VerbContext, rawInput: unknown): Promise<GroupRow> {
  const { id } = UndoDeleteInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", "everything");
  const restored = await inTransaction(ctx.db, async (tx) => {
    const group = await lockGroupById(tx, id);
    if (group === undefined) throw new HubError("not-found", "There is no such deleted group any more.");
    if (group.deletedAt === null) return group;
    if (group.undoUntil === null || group.undoUntil <= ctx.clock.now())
      throw new HubError(
        "conflict",
        `The time to bring “${group.name}” back is over. Its homes are kept for an admin.`,
      );
    const like = await findGroupLike(tx, group.name);
    if (like !== undefined)
      throw new HubError("conflict", `There is another group called “${like.name}” now. Rename that one first.`);
    const { actor } = ctx;
    const own = "userId" in actor ? await findMember(tx, id, actor.userId) : undefined;
    if (own !== undefined) refuseGivingMore(ctx, group.name, own.role, [own.userId]);
    await updateGroup(tx, id, { deletedAt: null, undoUntil: null });
    await recordAudit(tx, ctx, { action: "group.undo-delete", target: `group:${id}`, detail: { name: group.name } });
    return { ...group, deletedAt: null, undoUntil: null };
  });
  return await groupRowOf(ctx.db, restored);
}
