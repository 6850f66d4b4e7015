import { checkHub } from "#server/checks.ts";
import { backendState } from "#server/spawner/backend-outage.ts";
import { supportFacts } from "#server/support/facts.ts";
import { router, userProcedure } from "../trpc.ts";

export const hubRouter = router({
  backend: userProcedure.query(({ ctx }) => backendState(ctx.verb)),
  checks: userProcedure.query(({ ctx }) => checkHub(ctx.hub, ctx.verb)),
  support: userProcedure.query(({ ctx }) => supportFacts(ctx.hub, ctx.verb)),
});
