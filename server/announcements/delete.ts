import { z } from "zod";
import { deleteAnnouncement as deleteRow } from "#db/announcements.ts";
import { inTransaction } from "#db/client.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const DeleteAnnouncementInput = z.strictObject({ id: z.uuid() });

/** Gone from every page at its next look. One that is gone already is success. */
export async function deleteAnnouncement(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const { id } = DeleteAnnouncementInput.parse(rawInput);
  await requireScope(ctx, "admin:announcements", "everything");
  await inTransaction(ctx.db, async (tx) => {
    if (!(await deleteRow(tx, id))) return;
    await recordAudit(tx, ctx, { action: "announcement.delete", target: `announcement:${id}` });
  });
}
