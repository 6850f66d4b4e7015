import { AccessHistoryInput, accessHistory } from "#server/servers/access-history.ts";
import { ChangePasswordInput, changePassword } from "#server/users/change-password.ts";
import { getMe } from "#server/users/me.ts";
import { router, userProcedure } from "../trpc.ts";

export const meRouter = router({
  accessHistory: userProcedure.input(AccessHistoryInput).query(({ ctx, input }) => accessHistory(ctx.verb, input)),
  get: userProcedure.query(({ ctx }) => getMe(ctx.hub, ctx.verb)),
  changePassword: userProcedure.input(ChangePasswordInput).mutation(async ({ ctx, input }) => {
    await changePassword(ctx.verb, input);
    return null;
  }),
});
