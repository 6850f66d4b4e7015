import { currentAnnouncements } from "#server/announcements/current.ts";
import { DeleteAnnouncementInput, deleteAnnouncement } from "#server/announcements/delete.ts";
import { DismissAnnouncementInput, dismissAnnouncement } from "#server/announcements/dismiss.ts";
import { ListAnnouncementsInput, listAnnouncements } from "#server/announcements/list.ts";
import { SaveAnnouncementInput, saveAnnouncement } from "#server/announcements/save.ts";
import { publicProcedure, router, userProcedure } from "../trpc.ts";

export const announcementsRouter = router({
  current: publicProcedure.query(({ ctx }) => currentAnnouncements(ctx.verb)),
  list: userProcedure.input(ListAnnouncementsInput).query(({ ctx, input }) => listAnnouncements(ctx.verb, input)),
  save: userProcedure.input(SaveAnnouncementInput).mutation(({ ctx, input }) => saveAnnouncement(ctx.verb, input)),
  delete: userProcedure.input(DeleteAnnouncementInput).mutation(async ({ ctx, input }) => {
    await deleteAnnouncement(ctx.verb, input);
    return null;
  }),
  dismiss: userProcedure.input(DismissAnnouncementInput).mutation(async ({ ctx, input }) => {
    await dismissAnnouncement(ctx.verb, input);
    return null;
  }),
});
