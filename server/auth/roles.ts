import { expandScopes, parseScope, type Scope, type ScopeName, scopeNames } from "./scopes.ts";

/** A role of `berth.yaml`. Its scopes may say `!user` for whoever holds it and, in `group-manager`, `!group` for each group they manage. */
export type Role = {
  readonly scopes: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
};
export type Roles = Readonly<Record<string, Role>>;

export type Holder = {
  readonly name: string;
  readonly admin: boolean;
  readonly memberships: readonly { readonly group: string; readonly role: "member" | "manager" }[];
};

/** Names that stand for what Berth gives by itself. A role of that name in the file replaces the scopes of it, but `admin`'s. */
export const builtInRoles = ["user", "group-manager", "admin"] as const;

const adminScopes: readonly ScopeName[] = scopeNames.filter((name) => name !== "self" && name !== "access:servers");
/** JupyterHub's `self`, and what only Berth has. `read:groups!user=…` stands for the groups that user is in at the moment of asking. */
const selfScopes: readonly ScopeName[] = [
  "read:users",
  "read:groups",
  "users:activity",
  "servers",
  "access:servers",
  "tokens",
  "sessions",
  "read:usage",
];
const managerScopes: readonly ScopeName[] = [
  "groups",
  "list:groups",
  "list:users",
  "users:activity",
  "servers",
  "read:usage",
];

export const systemScopes: ReadonlySet<Scope> = expandScopes(adminScopes);

/** An admin, or the system: nobody has more. A role with `admin:users` alone runs accounts, and is not one (S-30). */
export function holdsAllOfAdmin(scopes: ReadonlySet<Scope>): boolean {
  return [...systemScopes].every((scope) => scopes.has(scope));
}

/**
 * Everything the roles of this person allow. Entering other people's servers is not among it, not even for admins: that takes
 * `open:servers` and a reason.
 */
export function scopesOfUser(user: Holder, roles: Roles = {}): ReadonlySet<Scope> {
  const held: Scope[] = [];
  const give = (templates: readonly string[], group: string | null) => {
    for (const template of templates) held.push(...scopesFor(template, user.name, group));
  };
  give(roles.user?.scopes ?? selfScopes.map((name) => `${name}!user`), null);
  const managerTemplates = roles["group-manager"]?.scopes ?? managerScopes.map((name) => `${name}!group`);
  for (const { group, role } of user.memberships) {
    give(["read:groups!group"], group);
    if (role === "manager") give(managerTemplates, group);
  }
  if (user.admin) give(adminScopes, null);
  for (const [name, role] of Object.entries(roles)) if (!isBuiltIn(name) && holds(role, user)) give(role.scopes, null);
  return expandScopes(held);
}

/** `self` and the short filters, spelled out. Text that is no scope gives nothing: the config check refused it already. */
function scopesFor(template: string, user: string, group: string | null): readonly Scope[] {
  if (template === "self") return selfScopes.map((name): Scope => `${name}!user=${user}`);
  const [name, filter] = template.split("!", 2);
  if (filter === "group" && group === null) return [];
  const text = filter === "user" ? `${name}!user=${user}` : filter === "group" ? `${name}!group=${group}` : template;
  const scope = parseScope(text);
  return scope === null ? [] : [scope];
}

function holds(role: Role, user: Holder): boolean {
  return role.users.includes(user.name) || user.memberships.some(({ group }) => role.groups.includes(group));
}

function isBuiltIn(name: string): boolean {
  return (builtInRoles as readonly string[]).includes(name);
}

/** Why a role's scope can't stand in the file, or null. */
export function roleScopeProblem(role: string, template: string): string | null {
  const [name, filter] = template.split("!", 2);
  if (filter === "group" && role !== "group-manager")
    return `“${template}” has meaning only in the role “group-manager”. Name the group: “${name}!group=physics”.`;
  const known = parseScope(filter === "user" || filter === "group" ? (name ?? "") : template);
  return known === null ? `“${template}” is not a scope.` : null;
}
