import { announcementsFor } from "#db/announcements.ts";
import type { VerbContext } from "#server/verb-context.ts";

export type CurrentAnnouncement = {
  readonly id: string;
  readonly message: string;
  readonly severity: "info" | "warning";
  readonly group: string | null;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly dismissible: boolean;
};

/** What whoever asks is to see now. Needs no scope: those who aren't logged in see what is meant for everybody. */
export async function currentAnnouncements(ctx: VerbContext): Promise<CurrentAnnouncement[]> {
  const userId = "userId" in ctx.actor ? ctx.actor.userId : null;
  const rows = await announcementsFor(ctx.db, userId, ctx.clock.now());
  return rows.map(({ id, message, severity, group, startsAt, endsAt, dismissible }) => ({
    ...{ id, message, severity, group, startsAt, endsAt },
    dismissible: dismissible && userId !== null,
  }));
}
