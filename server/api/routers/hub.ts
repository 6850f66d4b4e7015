import { checkHub } from "#server/checks.ts";
import { supportFacts } from "#server/support/facts.ts";
import { router, userProcedure } from "../trpc.ts";

export const hubRouter = router({
  checks: userProcedure.query(({ ctx }) => checkHub(ctx.hub, ctx.verb)),
  support: userProcedure.query(({ ctx }) => supportFacts(ctx.hub, ctx.verb)),
});
