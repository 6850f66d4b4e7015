import type { Tx } from "#db/client.ts";
import type { GroupRole } from "#db/group-members.ts";
import { membershipsOf } from "#db/memberships.ts";
import { findUserById } from "#db/users.ts";
import { holdsAllOfAdmin, type Roles, scopesOfUser } from "../auth/roles.ts";
import type { Scope, ScopeName } from "../auth/scopes.ts";
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
  if (!toSelf && holdsAllOfAdmin(actor.scopes)) return;
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

/**
 * A name may bring more than it says: a role of `berth.yaml` belongs to the groups of that name, or reaches their members. Whoever renames
 * a group has the same rights over it as before and no others. Asked of the user, so that no token of theirs does it for them either (S-30).
 */
export async function refuseWideningByName(
  tx: Tx,
  { actor, config }: Pick<VerbContext, "actor" | "config">,
  from: string,
  to: string,
): Promise<void> {
  const user = "userId" in actor ? await findUserById(tx, actor.userId) : undefined;
  if (user === undefined) return;
  const memberships = await membershipsOf(tx, user.id);
  const renamed = memberships.map((member) => (member.group === from ? { ...member, group: to } : member));
  const { name, admin } = user;
  const before = relabelled(scopesOfUser({ name, admin, memberships }, config.hub.loadRoles), from, to);
  const after = scopesOfUser({ name, admin, memberships: renamed }, config.hub.loadRoles);
  const more = [...after].find((scope) => !covers(before, scope));
  if (more === undefined) return;
  throw new HubError(
    "forbidden",
    `You can't rename “${from}” to “${to}”: what berth.yaml gives by that name would give you rights you don't have (${more}). Ask another admin.`,
    { detail: { scope: more } },
  );
}

/** Rights over the group that is called `to` from now on. What was held by that name before was held over no group. */
function relabelled(held: ReadonlySet<Scope>, from: string, to: string): ReadonlySet<Scope> {
  const old = `!group=${from}`;
  const kept = [...held].filter((scope) => !scope.endsWith(`!group=${to}`));
  return new Set(
    kept.map((scope) => (scope.endsWith(old) ? (`${scope.slice(0, -old.length)}!group=${to}` as Scope) : scope)),
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
