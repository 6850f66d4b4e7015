/** JupyterHub's scope names. A scope may carry one filter: `servers!user=ana`, `access:servers!server=ana/lab`, `…!group=physics`. */
export const scopeNames = [
  "self",
  "admin-ui",
  "admin:users",
  "list:users",
  "read:users",
  "users:activity",
  "admin:groups",
  "list:groups",
  "read:groups",
  "groups",
  "start:servers",
  "delete:servers",
  "read:servers",
  "servers",
  "access:servers",
  "tokens",
  "read:tokens",
  "read:metrics",
  "read:hub",
  "shutdown",
] as const;
export type ScopeName = (typeof scopeNames)[number];
export type Scope =
  | ScopeName
  | `${ScopeName}!user=${string}`
  | `${ScopeName}!server=${string}`
  | `${ScopeName}!group=${string}`;

/** A scope that holds others too. */
const includes: Partial<Record<ScopeName, readonly ScopeName[]>> = {
  "admin:users": ["read:users", "list:users", "tokens", "users:activity"],
  "list:users": ["read:users"],
  tokens: ["read:tokens"],
  "admin:groups": ["groups", "list:groups"],
  groups: ["read:groups"],
  "list:groups": ["read:groups"],
  servers: ["start:servers", "delete:servers", "read:servers"],
};

const adminScopes: readonly ScopeName[] = scopeNames.filter((name) => name !== "self");
const selfScopes: readonly ScopeName[] = ["read:users", "users:activity", "servers", "access:servers", "tokens"];

/** What a user's role gives them. Entering other people's servers is not among it: that takes a grant with a reason. */
export function scopesOfUser(user: { readonly name: string; readonly admin: boolean }): ReadonlySet<Scope> {
  const own = selfScopes.map((name): Scope => `${name}!user=${user.name}`);
  return expandScopes(user.admin ? [...own, ...adminScopes.filter((name) => name !== "access:servers")] : own);
}

export const systemScopes: ReadonlySet<Scope> = expandScopes(adminScopes);

/** Adds everything each scope includes, keeping its filter. */
export function expandScopes(scopes: Iterable<Scope>): ReadonlySet<Scope> {
  const all = new Set<Scope>();
  const add = (scope: Scope) => {
    if (all.has(scope)) return;
    all.add(scope);
    const { name, filter } = partsOf(scope);
    for (const inner of includes[name] ?? []) add(filter === "" ? inner : (`${inner}!${filter}` as Scope));
  };
  for (const scope of scopes) add(scope);
  return all;
}

/** Whether `scopes` allow `name` on this user (or this server of theirs). No filter allows all. */
export function hasScope(
  scopes: ReadonlySet<Scope>,
  name: ScopeName,
  on: { readonly user: string; readonly server?: string } | "everything",
): boolean {
  if (scopes.has(name)) return true;
  if (on === "everything") return false;
  if (scopes.has(`${name}!user=${on.user}`)) return true;
  return on.server !== undefined && scopes.has(`${name}!server=${on.user}/${on.server}`);
}

/** The scopes both sides allow: what a token of `owner` may do when it was made for `asked`. */
export function intersectScopes(owner: ReadonlySet<Scope>, asked: Iterable<Scope>): ReadonlySet<Scope> {
  const kept = new Set<Scope>();
  for (const scope of expandScopes(asked)) {
    const { name, filter } = partsOf(scope);
    if (owner.has(scope) || owner.has(name)) kept.add(scope);
    else if (filter.startsWith("server=") && owner.has(`${name}!user=${userOfServer(filter)}`)) kept.add(scope);
    else if (filter === "") for (const held of owner) if (partsOf(held).name === name) kept.add(held);
  }
  return kept;
}

/** A user's name may hold a slash, a server's can't: the last one parts them, or `ana` could ask for the server of `ana/b`. */
function userOfServer(filter: string): string {
  return filter.slice("server=".length, Math.max("server=".length, filter.lastIndexOf("/")));
}

export function parseScope(text: string): Scope | null {
  const { name, filter } = partsOf(text);
  if (!(scopeNames as readonly string[]).includes(name)) return null;
  return text === name || /^(user|server|group)=./.test(filter) ? (text as Scope) : null;
}

function partsOf(scope: string): { name: ScopeName; filter: string } {
  const at = scope.indexOf("!");
  return { name: (at < 0 ? scope : scope.slice(0, at)) as ScopeName, filter: at < 0 ? "" : scope.slice(at + 1) };
}
