import { z } from "zod";
import type { StopReason } from "#db/schema/settings.ts";
import { findServer, lockServer, runningServersOf, type ServerRow, wishStopped } from "#db/servers.ts";
import { notify } from "#db/stream.ts";
import { findUserByName } from "#db/users.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { lastStopFor, whoAsked } from "./last-stop.ts";
import { actorLabel } from "./start.ts";

export const ServerInput = z.strictObject({ user: z.string().max(256), name: z.string().max(64).default("") });

/** Records the wish that this server is stopped; cancels a start that is under way. Already stopped is success. */
export async function stopServer(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "delete:servers", { user: input.user, server: input.name });
  const server = await getServerRow(ctx, input);
  return await stopRow(ctx, server, input.user, "asked");
}

/** Stops a row whoever owns it: the caller has checked the right. `asked`: somebody pressed the button. */
export async function stopRow(
  ctx: VerbContext,
  known: ServerRow,
  userName: string,
  why: StopReason | "asked",
): Promise<ServerRow> {
  const serverId = known.id;
  return await ctx.serverTurns.change(ctx.db, known, async (tx) => {
    const server = await lockServer(tx, serverId);
    if (server === undefined) throw new HubError("not-found", "This server no longer exists.");
    if (server.desired === "stopped" && server.phase !== "failed") return server;
    const reason = why === "asked" ? whoAsked(ctx.actor, userName) : why;
    const last = lastStopFor(reason, actorLabel(ctx), ctx.clock.now());
    const wished = await wishStopped(tx, serverId, actorLabel(ctx), last);
    await recordAudit(tx, ctx, {
      action: "server.stop",
      target: `server:${serverId}`,
      detail: { user: userName, server: server.name, generation: server.generation, why },
    });
    await notify(tx, `wish:${serverId}`);
    await notify(tx, `server:${serverId}`);
    return wished;
  });
}

/** Stops everything a user runs: log-out with `shutdownOnLogout`, a disabled account. */
export async function stopServersOf(
  ctx: VerbContext,
  user: { readonly id: string; readonly name: string },
  why: StopReason,
  which: (server: ServerRow) => boolean = () => true,
): Promise<void> {
  for (const server of await runningServersOf(ctx.db, user.id)) {
    if (which(server)) await stopRow(ctx, server, user.name, why);
  }
}

export async function getServerRow(
  ctx: VerbContext,
  key: { readonly user: string; readonly name: string },
): Promise<ServerRow> {
  const user = await findUserByName(ctx.db, key.user);
  const server = user === undefined ? undefined : await findServer(ctx.db, user.id, key.name);
  if (server === undefined)
    throw new HubError(
      "not-found",
      key.name === "" ? `“${key.user}” has no server yet.` : `“${key.user}” has no server called “${key.name}”.`,
    );
  return server;
}
