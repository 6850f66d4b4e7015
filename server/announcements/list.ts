import { z } from "zod";
import { type Announcement, listAnnouncements as listRows } from "#db/announcements.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const ListAnnouncementsInput = z
  .strictObject({
    page: z.int().min(1).max(10_000).default(1),
    pageSize: z.int().min(1).max(200).default(50),
  })
  .prefault({});

/** All of them, also those over or yet to come: for those who write them. */
export async function listAnnouncements(ctx: VerbContext, rawInput: unknown): Promise<readonly Announcement[]> {
  const { page, pageSize } = ListAnnouncementsInput.parse(rawInput);
  await requireScope(ctx, "admin:announcements", "everything");
  return await listRows(ctx.db, pageSize, (page - 1) * pageSize);
}
