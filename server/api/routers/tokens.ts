import { CreateTokenInput, createToken } from "#server/tokens/create.ts";
import { listTokens } from "#server/tokens/list.ts";
import { RevokeTokenInput, revokeToken } from "#server/tokens/revoke.ts";
import { router, userProcedure } from "../trpc.ts";

export const tokensRouter = router({
  list: userProcedure.query(({ ctx }) => listTokens(ctx.verb)),
  create: userProcedure.input(CreateTokenInput).mutation(({ ctx, input }) => createToken(ctx.verb, input)),
  revoke: userProcedure.input(RevokeTokenInput).mutation(async ({ ctx, input }) => {
    await revokeToken(ctx.verb, input);
    return null;
  }),
});
