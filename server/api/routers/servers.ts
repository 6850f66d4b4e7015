import { deleteServer } from "#server/servers/delete.ts";
import { getServer } from "#server/servers/get.ts";
import { ListServersInput, listServers } from "#server/servers/list.ts";
import { OpenServerInput, openServer } from "#server/servers/open.ts";
import { restartServer, startAgain } from "#server/servers/restart.ts";
import { StartServerInput, startServer } from "#server/servers/start.ts";
import { PreviewInput, previewStart, StartOptionsInput, startOptions } from "#server/servers/start-options.ts";
import { ServerInput, stopServer } from "#server/servers/stop.ts";
import { watchProgress } from "#server/servers/watch-progress.ts";
import { router, userProcedure } from "../trpc.ts";

const onServer = userProcedure.input(ServerInput);

export const serversRouter = router({
  list: userProcedure.input(ListServersInput).query(({ ctx, input }) => listServers(ctx.hub, ctx.verb, input)),
  get: onServer.query(({ ctx, input }) => getServer(ctx.hub, ctx.verb, input)),
  startOptions: userProcedure
    .input(StartOptionsInput)
    .query(({ ctx, input }) => startOptions(ctx.hub, ctx.verb, input)),
  preview: userProcedure.input(PreviewInput).query(({ ctx, input }) => previewStart(ctx.verb, input)),
  start: userProcedure
    .input(StartServerInput)
    .mutation(async ({ ctx, input }) => await ctx.hub.viewOf((await startServer(ctx.verb, input)).id)),
  startAgain: onServer.mutation(async ({ ctx, input }) => await ctx.hub.viewOf((await startAgain(ctx.verb, input)).id)),
  stop: onServer.mutation(async ({ ctx, input }) => await ctx.hub.viewOf((await stopServer(ctx.verb, input)).id)),
  restart: onServer.mutation(async ({ ctx, input }) => await ctx.hub.viewOf((await restartServer(ctx.verb, input)).id)),
  delete: onServer.mutation(async ({ ctx, input }) => {
    await deleteServer(ctx.verb, input);
    return null;
  }),
  open: userProcedure.input(OpenServerInput).mutation(({ ctx, input }) => openServer(ctx.verb, input)),
  progress: onServer.subscription(async function* ({ ctx, input, signal }) {
    yield* watchProgress(ctx.hub, ctx.verb, input, signal ?? new AbortController().signal);
  }),
});
