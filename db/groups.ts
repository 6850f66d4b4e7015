import { and, eq, inArray, isNull, notInArray } from "drizzle-orm";
import type { Tx } from "./client.ts";
import { groupMembers, groups } from "./schema/groups.ts";

/**
 * Makes this user's memberships of managed groups exactly these; groups that are missing are made. A group that was
 * made here (not managed) under the same name is left alone: a provider can't put people into it.
 */
export async function setManagedGroupsOf(tx: Tx, userId: string, names: readonly string[]): Promise<void> {
  const sorted = [...names].sort();
  if (sorted.length > 0) {
    const values = sorted.map((name) => ({ name, managed: true }));
    await tx
      .insert(groups)
      .values(values)
      .onConflictDoNothing({ target: groups.name, where: isNull(groups.deletedAt) });
  }
  const wanted = and(eq(groups.managed, true), isNull(groups.deletedAt), inArray(groups.name, sorted));
  const rows = sorted.length === 0 ? [] : await tx.select({ id: groups.id }).from(groups).where(wanted);
  const ids = rows.map((row) => row.id);
  const managed = tx.select({ id: groups.id }).from(groups).where(eq(groups.managed, true));
  const gone = ids.length === 0 ? undefined : notInArray(groupMembers.groupId, ids);
  await tx
    .delete(groupMembers)
    .where(and(eq(groupMembers.userId, userId), inArray(groupMembers.groupId, managed), gone));
  if (ids.length === 0) return;
  await tx
    .insert(groupMembers)
    .values(ids.map((groupId) => ({ groupId, userId })))
    .onConflictDoNothing();
}
