import { randomBytes } from "node:crypto";
import { inTransaction } from "#db/client.ts";
import { lockServer, type ServerRow, wishRunning } from "#db/servers.ts";
import { notify } from "#db/stream.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { actorLabel, startServer } from "./start.ts";
import { getServerRow, ServerInput } from "./stop.ts";

/** Starts a server again with the choices it had. The profile is resolved anew, so today's configuration holds. */
export async function startAgain(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "start:servers", { user: input.user, server: input.name });
  const server = await getServerRow(ctx, input);
  return await startServer(ctx, { ...input, profile: server.profileSlug, options: server.options ?? {} });
}

/**
 * Stops the run there is and begins a new one with the same choices: one wish, so that nobody ends up stopped half-way. A
 * server that isn't running is started.
 */
export async function restartServer(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "start:servers", { user: input.user, server: input.name });
  await requireScope(ctx, "delete:servers", { user: input.user, server: input.name });
  const known = await getServerRow(ctx, input);
  if (known.desired === "stopped" || known.phase === "failed") return await startAgain(ctx, input);
  return await inTransaction(ctx.db, async (tx) => {
    const server = await lockServer(tx, known.id);
    if (server === undefined) throw new HubError("not-found", "This server no longer exists.");
    // Pressed twice: the new run is on its way already.
    if (server.phaseGeneration < server.generation || server.phase !== "ready") return server;
    const { profileSlug, options, spec, homeId } = server;
    const wish = {
      profileSlug,
      options,
      spec,
      homeId,
      secret: randomBytes(32).toString("base64url"),
      wishedBy: actorLabel(ctx),
    };
    const wished = await wishRunning(tx, server.id, wish, ctx.clock.now());
    await recordAudit(tx, ctx, {
      action: "server.restart",
      target: `server:${server.id}`,
      detail: { user: input.user, server: input.name, generation: wished.generation },
    });
    await notify(tx, `wish:${server.id}`);
    await notify(tx, `server:${server.id}`);
    return wished;
  });
}
