import type { Db } from "#db/client.ts";
import { countRunningServers, groupNamesOf, type User } from "#db/users.ts";
import type { UserRow } from "../api/views.ts";

/** What the admin page shows of these users: two more queries however many they are. */
export async function userRowsOf(db: Db, found: readonly User[]): Promise<UserRow[]> {
  const ids = found.map((user) => user.id);
  const [running, groups] = await Promise.all([countRunningServers(db, ids), groupNamesOf(db, ids)]);
  return found.map((user) => ({
    id: user.id,
    name: user.name,
    admin: user.admin,
    disabledAt: user.disabledAt,
    createdAt: user.createdAt,
    lastActivityAt: user.lastActivityAt,
    runningServers: running.get(user.id) ?? 0,
    groups: groups.get(user.id) ?? [],
  }));
}

export async function userRowOf(db: Db, user: User): Promise<UserRow> {
  const [row] = await userRowsOf(db, [user]);
  if (row === undefined) throw new Error("no row was made of one user");
  return row;
}
