import { DeleteHomeInput, deleteHome } from "#server/homes/delete.ts";
import { ListHomesInput, listHomes } from "#server/homes/list.ts";
import { UndoDeleteHomeInput, undoDeleteHome } from "#server/homes/undo-delete.ts";
import { router, userProcedure } from "../trpc.ts";

export const homesRouter = router({
  list: userProcedure.input(ListHomesInput).query(({ ctx, input }) => listHomes(ctx.verb, input)),
  delete: userProcedure.input(DeleteHomeInput).mutation(({ ctx, input }) => deleteHome(ctx.verb, input)),
  undoDelete: userProcedure.input(UndoDeleteHomeInput).mutation(async ({ ctx, input }) => {
    await undoDeleteHome(ctx.verb, input);
    return null;
  }),
});
