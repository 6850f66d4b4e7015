import { and, asc, eq, isNull } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groupMembers, groups } from "./schema/groups.ts";
import { notify } from "./stream.ts";

export type Group = typeof groups.$inferSelect;

/** Deleted groups are found by nobody, whether or not they can still be brought back. */
const named = (name: string) => and(eq(groups.name, name), isNull(groups.deletedAt));

export async function findGroupByName(db: Db | Tx, name: string): Promise<Group | undefined> {
  const [row] = await db.select().from(groups).where(named(name));
  return row;
}

/** Locks the row until the transaction ends: reservations, quotas and members of one group change one after the other. */
export async function lockGroupByName(tx: Tx, name: string): Promise<Group | undefined> {
  const [row] = await tx.select().from(groups).where(named(name)).for("update");
  return row;
}

export async function groupsOfUser(db: Db | Tx, userId: string): Promise<Group[]> {
  const rows = await db
    .select({ group: groups })
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.groupId))
    .where(and(eq(groupMembers.userId, userId), isNull(groups.deletedAt)))
    .orderBy(asc(groups.name));
  return rows.map(({ group }) => group);
}

type GroupSettings = Partial<
  Pick<Group, "description" | "ceiling" | "quota" | "memberLimits" | "budget" | "cull" | "sharedVolume">
>;

export async function updateGroup(tx: Tx, id: string, change: GroupSettings): Promise<void> {
  await tx.update(groups).set(change).where(eq(groups.id, id));
  // Where the cluster repeats them, a hub hears it and does so at once.
  if ("quota" in change || "ceiling" in change || "sharedVolume" in change) await notify(tx, `group:${id}`);
}
