import type { GroupRole } from "#db/group-members.ts";
import { type Roles, scopesOfUser } from "../auth/roles.ts";
import { hasScope, type Scope, type ScopeName } from "../auth/scopes.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";

/** Stands for somebody who isn't the actor: no user's name holds a control character. */
const somebody = "\u0000";

/** The scopes that being in this group as `role` brings, beyond what everybody has. */
export function scopesGivenBy(group: string, role: GroupRole, roles: Roles, name = somebody): ReadonlySet<Scope> {
  const without = scopesOfUser({ name, admin: false, memberships: [] }, roles);
  const all = scopesOfUser({ name, admin: false, memberships: [{ group, role }] }, roles);
  return new Set([...all].filter((scope) => !without.has(scope)));
}

/**
 * Nobody gives what they don't have, and to themselves not even an admin does: a role of `berth.yaml` that members of a group hold must not
 * be had by putting oneself in (S-30).
 */
export function refuseGivingMore(
  ctx: Pick<VerbContext, "actor" | "config">,
  group: string,
  role: GroupRole,
  userIds: readonly string[],
): void {
  const { actor } = ctx;
  const toSelf = "userId" in actor && userIds.includes(actor.userId);
  if (!toSelf && hasScope(actor.scopes, "admin:users", "everything")) return;
  const name = toSelf ? actor.name : somebody;
  const given = scopesGivenBy(group, role, ctx.config.hub.loadRoles, name);
  const more = [...given].filter((scope) => !covers(actor.scopes, scope));
  if (more.length === 0) return;
  const [first = ""] = more;
  throw new HubError(
    "forbidden",
    toSelf
      ? `You can't put yourself into “${group}” as a ${role}: it would give you rights you don't have (${first}). Ask another admin.`
      : `You can't make somebody a ${role} of “${group}”: it gives rights you don't have yourself (${first}). Ask an admin.`,
    { detail: { scope: first } },
  );
}

function covers(held: ReadonlySet<Scope>, scope: Scope): boolean {
  const [name = ""] = scope.split("!", 1);
  // What somebody may do with what is their own is theirs, not the giver's.
  return held.has(scope) || held.has(name as ScopeName) || scope.endsWith(`!user=${somebody}`);
}

/** Where `berth.yaml` gives something by this group's name. A group that comes to bear it would inherit that (S-32). */
export function placesNaming(config: VerbContext["config"], group: string): readonly string[] {
  const roles = Object.entries(config.hub.loadRoles).flatMap(([name, role]) => [
    ...(role.groups.includes(group) ? [`hub.loadRoles.${name}.groups`] : []),
    ...(role.scopes.some((scope) => scope.endsWith(`!group=${group}`)) ? [`hub.loadRoles.${name}.scopes`] : []),
  ]);
  return opensProfiles(config.singleuser.profileList, group) ? [...roles, "singleuser.profileList"] : roles;
}

/** `allowed_groups` stands on profiles, on choices and on typed values. */
function opensProfiles(node: unknown, group: string): boolean {
  if (typeof node !== "object" || node === null) return false;
  return Object.entries(node).some(([key, value]) =>
    key === "allowed_groups" && Array.isArray(value) ? value.includes(group) : opensProfiles(value, group),
  );
}
