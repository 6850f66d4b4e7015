/**
 * JupyterHub's scope names, and a few of Berth's own. A scope may carry one filter: `servers!user=ana`, `access:servers!server=ana/lab`,
 * `servers!group=physics` (everybody who is in that group at the moment of asking).
 */
export const scopeNames = [
  "self",
  "admin-ui",
  "admin:users",
  "list:users",
  "read:users",
  "read:users:name",
  "read:users:groups",
  "read:users:activity",
  "users:activity",
  "admin:groups",
  "list:groups",
  "read:groups",
  "groups",
  "admin:servers",
  "start:servers",
  "delete:servers",
  "read:servers",
  "servers",
  "access:servers",
  // Berth's own: leave to open somebody else's server, with a reason that its user sees. It enters nothing by itself.
  "open:servers",
  "admin:homes",
  "read:usage",
  "read:audit",
  "admin:announcements",
  "tokens",
  "read:tokens",
  "sessions",
  "read:metrics",
  "read:hub",
  "list:services",
  "proxy",
  "shutdown",
] as const;
export type ScopeName = (typeof scopeNames)[number];
export type Scope =
  | ScopeName
  | `${ScopeName}!user=${string}`
  | `${ScopeName}!server=${string}`
  | `${ScopeName}!group=${string}`;

/** What a scope is asked about. A group is the group itself; its members are asked about as users. */
export type On = { readonly user: string; readonly server?: string } | { readonly group: string } | "everything";

/** A scope that holds others too. */
const includes: Partial<Record<ScopeName, readonly ScopeName[]>> = {
  "admin:users": ["read:users", "list:users", "tokens", "users:activity", "sessions"],
  "list:users": ["read:users"],
  "read:users": ["read:users:name", "read:users:groups", "read:users:activity"],
  tokens: ["read:tokens"],
  "admin:groups": ["groups", "list:groups"],
  groups: ["read:groups"],
  "list:groups": ["read:groups"],
  "admin:servers": ["servers"],
  servers: ["start:servers", "delete:servers", "read:servers"],
  "read:servers": ["read:users:name"],
};

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

/**
 * Whether `scopes` by themselves allow `name` on this user, server or group. No filter allows all. What a group's filter allows on a
 * user takes the database to say: `requireScope` asks it.
 */
export function hasScope(scopes: ReadonlySet<Scope>, name: ScopeName, on: On): boolean {
  if (scopes.has(name)) return true;
  if (on === "everything") return false;
  if ("group" in on) return scopes.has(`${name}!group=${on.group}`);
  if (scopes.has(`${name}!user=${on.user}`)) return true;
  return on.server !== undefined && scopes.has(`${name}!server=${on.user}/${on.server}`);
}

/** The groups whose members these scopes allow `name` on. */
export function groupsWith(scopes: ReadonlySet<Scope>, name: ScopeName): readonly string[] {
  return filtersOf(scopes, name, "group");
}

/** Whom a collection may show, for the database to cut it by. */
export type Reach =
  | { readonly kind: "everything" }
  | {
      readonly kind: "some";
      readonly users: readonly string[];
      /** Groups, and everybody in them. */
      readonly groups: readonly string[];
      /** `owner/name`; the last slash parts them. */
      readonly servers: readonly string[];
    };

export function reachOf(actor: { readonly scopes: ReadonlySet<Scope> }, name: ScopeName): Reach {
  const { scopes } = actor;
  if (scopes.has(name)) return { kind: "everything" };
  return {
    kind: "some",
    // Groups are reached by their own names: `read:groups!user=…` stands for names that are in the set as well.
    users: name === "read:groups" ? [] : filtersOf(scopes, name, "user"),
    groups: filtersOf(scopes, name, "group"),
    servers: filtersOf(scopes, name, "server"),
  };
}

export function isEmptyReach(reach: Reach): boolean {
  return reach.kind === "some" && reach.users.length + reach.groups.length + reach.servers.length === 0;
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

export function parseScope(text: string): Scope | null {
  const { name, filter } = partsOf(text);
  if (!(scopeNames as readonly string[]).includes(name)) return null;
  return text === name || /^(user|server|group)=./.test(filter) ? (text as Scope) : null;
}

function filtersOf(scopes: ReadonlySet<Scope>, name: ScopeName, kind: "user" | "group" | "server"): readonly string[] {
  const start = `${name}!${kind}=`;
  return [...scopes].filter((scope) => scope.startsWith(start)).map((scope) => scope.slice(start.length));
}

/** A user's name may hold a slash, a server's can't: the last one parts them, or `ana` could ask for the server of `ana/b`. */
function userOfServer(filter: string): string {
  return filter.slice("server=".length, Math.max("server=".length, filter.lastIndexOf("/")));
}

function partsOf(scope: string): { name: ScopeName; filter: string } {
  const at = scope.indexOf("!");
  return { name: (at < 0 ? scope : scope.slice(0, at)) as ScopeName, filter: at < 0 ? "" : scope.slice(at + 1) };
}
