import { checkHub } from "#server/checks.ts";
import { router, userProcedure } from "../trpc.ts";

export const hubRouter = router({
  checks: userProcedure.query(({ ctx }) => checkHub(ctx.hub, ctx.verb)),
});
