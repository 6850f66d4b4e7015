import { hasReservation } from "#db/reservations.ts";
import { deleteServerRow, lockServer } from "#db/servers.ts";
import { appendStream } from "#db/stream.ts";
import { revokeTokensNaming } from "#db/token-names.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { tokenRevoked } from "#server/users/apply-admin.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { getServerRow, ServerInput } from "./stop.ts";

/** Removes a named server that is stopped. Its home is kept, and found again by a server of the same name. */
export async function deleteServer(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "delete:servers", { user: input.user, server: input.name });
  if (input.name === "")
    throw new HubError("invalid", "The default server can't be deleted; it can be stopped.", {
      detail: { field: "name" },
    });
  const known = await getServerRow(ctx, input);
  await ctx.serverTurns.change(ctx.db, known, async (tx) => {
    const server = await lockServer(tx, known.id);
    if (server === undefined) return;
    const settled =
      server.phase === "stopped" || (server.phase === "failed" && server.phaseGeneration === server.generation);
    if (!settled) throw new HubError("conflict", "This server is still running. Stop it first, then delete it.");
    // Its row is what remembers that something of it may be left, and what that takes of its group's quota.
    if (await hasReservation(tx, server.id))
      throw new HubError("conflict", "This server’s last run is still being removed. Try again in a moment.");
    await deleteServerRow(tx, server.id);
    await recordAudit(tx, ctx, {
      action: "server.delete",
      target: `server:${server.id}`,
      detail: { user: input.user, server: input.name },
    });
    const tokens = await revokeTokensNaming(tx, { server: { user: input.user, name: input.name } }, ctx.clock.now());
    await appendStream(tx, [{ type: "server", serverId: server.id }, ...tokens.map(tokenRevoked)]);
  });
}
