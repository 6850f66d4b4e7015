import { groupNamesOfUser } from "#db/memberships.ts";
import { lockServer, type ServerRow, wishRunning } from "#db/servers.ts";
import { notify } from "#db/stream.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { resolveProfile } from "#server/profiles/resolve.ts";
import { specOf } from "#server/spawner/record.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { registerSecret, secretFor } from "./secret.ts";
import { actorLabel, choiceRefused, startServer } from "./start.ts";
import { refuseDisabled } from "./start-refusals.ts";
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
  await refuseClosedChoice(ctx, input, known);
  return await ctx.serverTurns.change(ctx.db, known, async (tx) => {
    await refuseDisabled(tx, { id: known.userId, name: input.user });
    const server = await lockServer(tx, known.id);
    if (server === undefined) throw new HubError("not-found", "This server no longer exists.");
    // Pressed twice: the new run is on its way already.
    if (server.phaseGeneration < server.generation || server.phase !== "ready") return server;
    const oldSpec = specOf(server);
    if (oldSpec === null) throw new HubError("conflict", "This server never ran. Start it instead.");
    const { profileSlug, options, spec, homeId, groupId, namespace } = server;
    const wish = {
      profileSlug,
      options,
      spec,
      homeId,
      groupId,
      namespace,
      secret: secretFor(oldSpec),
      wishedBy: actorLabel(ctx),
    };
    const wished = await wishRunning(tx, server, wish, "kept", ctx.clock.now());
    await registerSecret(tx, wished, input.user, ctx.clock.now());
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

/** The run goes on with the spec it has, but only as long as its profile and choices are open to the user. */
async function refuseClosedChoice(
  { config, db }: VerbContext,
  { user, name }: { readonly user: string; readonly name: string },
  { userId, profileSlug: profile, options }: ServerRow,
): Promise<void> {
  const groups = await groupNamesOfUser(db, userId);
  const asked = { config, profile, options: options ?? {}, user: { name: user }, server: { name }, groups };
  const resolved = resolveProfile(asked);
  if (!resolved.ok && resolved.problem.kind === "forbidden") throw choiceRefused(resolved.problem);
}
