import type { Actor } from "#server/auth/actor.ts";
import { groupsWith, hasScope, type ScopeName } from "#server/auth/scopes.ts";
import type { UserWithServers } from "#server/users/page.ts";

/** What the asker may read of one user: keys they may not are left out of a model, as in JupyterHub (apihandlers/base.py `_filter_model`). */
export function readableOf(actor: Actor, { user, groups }: UserWithServers): (name: ScopeName) => boolean {
  return (name) =>
    hasScope(actor.scopes, name, { user: user.name }) ||
    groupsWith(actor.scopes, name).some((group) => groups.includes(group));
}
