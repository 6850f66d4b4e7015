import { findUserById } from "#db/users.ts";
import type { MeView } from "#server/api/views.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { version } from "#server/version.ts";

/** Who is asking, what they may do, and what this portal is like. */
export async function getMe(hub: { readonly trustNotes: readonly string[] }, ctx: VerbContext): Promise<MeView> {
  const { actor } = ctx;
  const user = actor.kind === "user" || actor.kind === "token" ? await findUserById(ctx.db, actor.userId) : undefined;
  if (user === undefined) throw new HubError("unauthenticated", "Only a person or a token of one is somebody here.");
  return {
    id: user.id,
    name: user.name,
    admin: user.admin,
    scopes: [...actor.scopes],
    hasPassword: user.passwordHash !== null,
    hub: {
      version,
      namedServers: ctx.config.hub.allowNamedServers,
      namedServerLimit: ctx.config.hub.namedServerLimitPerUser,
      trustNotes: hub.trustNotes,
    },
  };
}
