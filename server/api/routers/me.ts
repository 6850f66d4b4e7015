import { ChangePasswordInput, changePassword } from "#server/users/change-password.ts";
import { getMe } from "#server/users/me.ts";
import { router, userProcedure } from "../trpc.ts";

export const meRouter = router({
  get: userProcedure.query(({ ctx }) => getMe(ctx.hub, ctx.verb)),
  changePassword: userProcedure.input(ChangePasswordInput).mutation(async ({ ctx, input }) => {
    await changePassword(ctx.verb, input);
    return null;
  }),
});
