import { z } from "zod";
import { announcementsFor, dismissAnnouncement as dismissRow } from "#db/announcements.ts";
import { inTransaction } from "#db/client.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const DismissAnnouncementInput = z.strictObject({ id: z.uuid() });

/** This user has read it and sees it no more, on none of their machines. */
export async function dismissAnnouncement(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const { id } = DismissAnnouncementInput.parse(rawInput);
  const { actor } = ctx;
  if (actor.kind !== "user" && actor.kind !== "token") throw new HubError("unauthenticated", "Log in first.");
  await requireScope(ctx, "read:users", { user: actor.name });
  const shown = (await announcementsFor(ctx.db, actor.userId, ctx.clock.now())).find((one) => one.id === id);
  if (shown === undefined) return;
  if (!shown.dismissible) throw new HubError("conflict", "This announcement stays until it is over.");
  await inTransaction(ctx.db, async (tx) => {
    await dismissRow(tx, id, actor.userId);
    await recordAudit(tx, ctx, { action: "announcement.dismiss", target: `announcement:${id}` });
  });
}
