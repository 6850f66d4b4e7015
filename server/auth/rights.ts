import type { Db, Tx } from "#db/client.ts";
import { membershipsOf } from "#db/memberships.ts";
import { type Roles, scopesOfUser } from "./roles.ts";
import type { Scope } from "./scopes.ts";

type Person = { readonly id: string; readonly name: string; readonly admin: boolean };

/** What this person may do by the database as it is now: read anew for every request, so a role that was taken is gone at once. */
export async function rightsOf(db: Db | Tx, roles: Roles, user: Person): Promise<ReadonlySet<Scope>> {
  return scopesOfUser({ name: user.name, admin: user.admin, memberships: await membershipsOf(db, user.id) }, roles);
}
