import type { Db, Tx } from "#db/client.ts";
import { type Membership, membershipsOf } from "#db/memberships.ts";
import { type Roles, scopesOfUser } from "./roles.ts";
import type { Scope } from "./scopes.ts";

type Person = { readonly id: string; readonly name: string; readonly admin: boolean };

/** What this person may do by the database as it is now: read anew for every request, so a role that was taken is gone at once. */
export async function rightsOf(db: Db | Tx, roles: Roles, user: Person): Promise<ReadonlySet<Scope>> {
  return (await standingOf(db, roles, user)).rights;
}

/** The same, with the groups it comes from. */
export async function standingOf(
  db: Db | Tx,
  roles: Roles,
  { id, name, admin }: Person,
): Promise<{ readonly rights: ReadonlySet<Scope>; readonly memberships: readonly Membership[] }> {
  const memberships = await membershipsOf(db, id);
  return { rights: scopesOfUser({ name, admin, memberships }, roles), memberships };
}
