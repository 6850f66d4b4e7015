import { SearchServersInput, searchAllServers } from "#server/servers/list.ts";
import { ApplyUsersCsvInput, applyUsersCsv } from "#server/users/apply-csv.ts";
import { CreateUserInput, createUser } from "#server/users/create.ts";
import { GetUserInput, getUser } from "#server/users/get.ts";
import { ListUsersInput, listUsers } from "#server/users/list.ts";
import { PreviewUsersCsvInput, previewUsersCsv } from "#server/users/preview-csv.ts";
import { SetAdminInput, setAdmin } from "#server/users/set-admin.ts";
import { SetDisabledInput, setDisabled } from "#server/users/set-disabled.ts";
import { router, userProcedure } from "../trpc.ts";

export const usersRouter = router({
  get: userProcedure.input(GetUserInput).query(({ ctx, input }) => getUser(ctx.verb, input)),
  list: userProcedure.input(ListUsersInput).query(({ ctx, input }) => listUsers(ctx.verb, input)),
  create: userProcedure.input(CreateUserInput).mutation(({ ctx, input }) => createUser(ctx.verb, input)),
  setDisabled: userProcedure.input(SetDisabledInput).mutation(({ ctx, input }) => setDisabled(ctx.verb, input)),
  setAdmin: userProcedure.input(SetAdminInput).mutation(({ ctx, input }) => setAdmin(ctx.verb, input)),
  // A mutation only because a file is too long for an address.
  previewCsv: userProcedure.input(PreviewUsersCsvInput).mutation(({ ctx, input }) => previewUsersCsv(ctx.verb, input)),
  applyCsv: userProcedure.input(ApplyUsersCsvInput).mutation(({ ctx, input }) => applyUsersCsv(ctx.verb, input)),
  servers: userProcedure
    .input(SearchServersInput)
    .query(({ ctx, input }) => searchAllServers(ctx.hub, ctx.verb, input)),
});
