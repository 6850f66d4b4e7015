import { CreateTokenInput, createToken } from "#server/tokens/create.ts";
import { ListTokensInput, listTokens } from "#server/tokens/list.ts";
import { RevokeTokenInput, revokeToken } from "#server/tokens/revoke.ts";
import { router, userProcedure } from "../trpc.ts";

export const tokensRouter = router({
  list: userProcedure.input(ListTokensInput.prefault({})).query(({ ctx, input }) => listTokens(ctx.verb, input)),
  create: userProcedure.input(CreateTokenInput).mutation(({ ctx, input }) => createToken(ctx.verb, input)),
  revoke: userProcedure.input(RevokeTokenInput).mutation(async ({ ctx, input }) => {
    await revokeToken(ctx.verb, input);
    return null;
  }),
});
