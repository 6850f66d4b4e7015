import { z } from "zod";
import { insertAnnouncement, updateAnnouncement } from "#db/announcements.ts";
import { inTransaction } from "#db/client.ts";
import { findGroup } from "#db/groups.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const SaveAnnouncementInput = z
  .strictObject({
    /** Absent: a new one. */
    id: z.uuid().optional(),
    message: z.string().trim().min(1, "Write what there is to say.").max(1000, "At most 1,000 characters."),
    severity: z.enum(["info", "warning"]).default("info"),
    /** Only this group sees it; absent: everybody. */
    group: z.string().max(256).nullable().default(null),
    startsAt: z.date(),
    endsAt: z.date().nullable().default(null),
    dismissible: z.boolean().default(true),
  })
  .refine(({ startsAt, endsAt }) => endsAt === null || endsAt > startsAt, {
    path: ["endsAt"],
    error: "The end must come after the beginning.",
  });

/** Makes or changes an announcement; plain text, shown from `startsAt` until `endsAt` or until it is deleted. */
export async function saveAnnouncement(ctx: VerbContext, rawInput: unknown): Promise<{ id: string }> {
  const { id, group, ...values } = SaveAnnouncementInput.parse(rawInput);
  await requireScope(ctx, "admin:announcements", "everything");
  return await inTransaction(ctx.db, async (tx) => {
    const found = group === null ? null : await findGroup(tx, group);
    if (found === undefined)
      throw new HubError("not-found", `There is no group called “${group}”.`, { detail: { field: "group" } });
    const row = { ...values, groupId: found?.id ?? null };
    const saved =
      id ?? (await insertAnnouncement(tx, { ...row, createdBy: authorOf(ctx), createdAt: ctx.clock.now() }));
    if (id !== undefined && !(await updateAnnouncement(tx, id, row)))
      throw new HubError("not-found", "This announcement has been deleted meanwhile.");
    await recordAudit(tx, ctx, {
      action: id === undefined ? "announcement.create" : "announcement.change",
      target: `announcement:${saved}`,
      detail: { message: values.message, group },
    });
    return { id: saved };
  });
}

function authorOf({ actor }: VerbContext): string {
  return actor.kind === "anonymous" ? "anonymous" : actor.name;
}
