import { z } from "zod";
import { addGrant } from "#db/access-grants.ts";
import { appendStream } from "#db/stream.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { prefixFor } from "./names.ts";
import { publicUrlOf } from "./public-url.ts";
import { getServerRow } from "./stop.ts";

const grantSeconds = 3600;

export const OpenServerInput = z.strictObject({
  user: z.string().max(256),
  name: z.string().max(64).default(""),
  reason: z.string().trim().min(5, "Say in a few words why you open this server; its owner will see it.").max(500),
});

/**
 * Leave to open somebody else's server for an hour: takes a scope and a reason, and is on record. In path mode all
 * servers share the portal's origin, so this is only for users who trust each other.
 */
export async function openServer(ctx: VerbContext, rawInput: unknown): Promise<{ url: string; until: Date }> {
  const input = OpenServerInput.parse(rawInput);
  await requireScope(ctx, "open:servers", { user: input.user, server: input.name });
  const { actor } = ctx;
  if (actor.kind !== "user")
    throw new HubError("forbidden", "Only somebody who is logged in can open another's server.");
  if (ctx.config.hub.subdomainHost === undefined && !ctx.config.hub.trustedUsers) {
    throw new HubError(
      "forbidden",
      "Without a domain for users' servers (hub.subdomainHost) another's server could act in your name. Set it, or say hub.trustedUsers: true.",
    );
  }
  const server = await getServerRow(ctx, input);
  const until = new Date(ctx.clock.now().getTime() + grantSeconds * 1000);
  await ctx.serverTurns.change(ctx.db, server, async (tx) => {
    await addGrant(tx, { serverId: server.id, userId: actor.userId, reason: input.reason, until });
    await recordAudit(tx, ctx, {
      action: "server.open",
      target: `server:${server.id}`,
      detail: { user: input.user, server: input.name, reason: input.reason, until: until.toISOString() },
    });
    await appendStream(tx, [{ type: "server", serverId: server.id }]);
  });
  return { url: wayInto(ctx, server.id, prefixFor(input.user, input.name)), until };
}

/** By way of the hub, which knows of the leave: an edge may hear of it a moment later. */
function wayInto({ config }: VerbContext, serverId: string, prefix: string): string {
  const portal = new URL(publicUrlOf(config));
  const query = new URLSearchParams({ server: serverId, next: prefix });
  return `${portal.origin}/hub/enter?${query}`;
}
