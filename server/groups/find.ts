import type { Db, Tx } from "#db/client.ts";
import { findGroup, type Group, lockGroup } from "#db/groups.ts";
import { HubError } from "../errors.ts";

export function noSuchGroup(name: string): HubError {
  return new HubError("not-found", `There is no group called “${name}”.`, { detail: { field: "group" } });
}

export async function requireGroup(db: Db | Tx, name: string): Promise<Group> {
  const group = await findGroup(db, name);
  if (group === undefined) throw noSuchGroup(name);
  return group;
}

export async function requireLockedGroup(tx: Tx, name: string): Promise<Group> {
  const group = await lockGroup(tx, name);
  if (group === undefined) throw noSuchGroup(name);
  return group;
}

/** Who is in it is said elsewhere; said here, it would be undone at the next login. */
export function refuseManaged(group: Group): void {
  if (!group.managed) return;
  throw new HubError(
    "conflict",
    `Who is in “${group.name}” comes from the identity provider. Change it there; it arrives here at the next login or refresh.`,
    { detail: { group: group.name } },
  );
}
