import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { lockHomeWithOwner, setHomeDeleted } from "#db/home-list.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const UndoDeleteHomeInput = z.strictObject({ id: z.uuid() });

/**
 * Brings a deleted home back while its files are there. A server that made itself a new home meanwhile keeps the new one; the old one is
 * listed and its files are safe.
 */
export async function undoDeleteHome(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const { id } = UndoDeleteHomeInput.parse(rawInput);
  await requireScope(ctx, "admin:homes", "everything");
  await inTransaction(ctx.db, async (tx) => {
    const found = await lockHomeWithOwner(tx, id);
    if (found === undefined || found.home.removedAt !== null)
      throw new HubError("not-found", "The files of this home are gone; it can't be brought back any more.");
    if (found.home.deletedAt === null) return;
    await setHomeDeleted(tx, id, null);
    await recordAudit(tx, ctx, {
      action: "home.undo-delete",
      target: `home:${id}`,
      detail: { user: found.owner, home: found.home.name },
    });
  });
}
