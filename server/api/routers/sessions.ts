import { EndAllSessionsInput, EndSessionInput, endAllSessions, endSessionById } from "#server/sessions/end.ts";
import { ListSessionsInput, listSessions } from "#server/sessions/list.ts";
import { router, userProcedure } from "../trpc.ts";

export const sessionsRouter = router({
  list: userProcedure.input(ListSessionsInput).query(({ ctx, input }) => listSessions(ctx.verb, input)),
  end: userProcedure.input(EndSessionInput).mutation(async ({ ctx, input }) => {
    await endSessionById(ctx.verb, input);
    return null;
  }),
  endAll: userProcedure.input(EndAllSessionsInput).mutation(({ ctx, input }) => endAllSessions(ctx.verb, input)),
});
