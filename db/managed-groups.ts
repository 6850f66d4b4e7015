import { and, eq, inArray, isNotNull, isNull, notInArray } from "drizzle-orm";
import type { Tx } from "./client.ts";
import { groupMembers, groups } from "./schema/groups.ts";

export type MembershipChange = { readonly joined: readonly string[]; readonly left: readonly string[] };

/**
 * Makes this user's memberships of managed groups exactly these; groups that are missing are made. A group that was
 * made here (not managed) under the same name is left alone: a provider can't put people into it. So is the name of a group that was
 * deleted and can still be brought back.
 */
export async function setManagedGroupsOf(tx: Tx, userId: string, names: readonly string[]): Promise<MembershipChange> {
  const claimed = [...new Set(names)].sort();
  const wanted = await managedGroupsNamed(tx, claimed);
  const ids = wanted.map((row) => row.id);
  // Of deleted groups too: nobody who left the group meanwhile is in it when it comes back.
  const others = tx
    .select({ id: groups.id })
    .from(groups)
    .where(and(eq(groups.managed, true), claimed.length === 0 ? undefined : notInArray(groups.name, claimed)));
  const left = await tx
    .delete(groupMembers)
    .where(and(eq(groupMembers.userId, userId), inArray(groupMembers.groupId, others)))
    .returning({ id: groupMembers.groupId });
  const joined =
    ids.length === 0
      ? []
      : await tx
          .insert(groupMembers)
          .values(ids.map((groupId) => ({ groupId, userId })))
          .onConflictDoNothing()
          .returning({ id: groupMembers.groupId });
  const nameOf = new Map(wanted.map((row) => [row.id, row.name]));
  return { joined: joined.map((row) => nameOf.get(row.id) ?? row.id), left: await namesOf(tx, left) };
}

async function managedGroupsNamed(tx: Tx, names: readonly string[]): Promise<{ id: string; name: string }[]> {
  if (names.length === 0) return [];
  const deleted = await tx
    .select({ name: groups.name })
    .from(groups)
    .where(and(inArray(groups.name, [...names]), isNotNull(groups.deletedAt)));
  const kept = new Set(deleted.map((row) => row.name));
  const made = names.filter((name) => !kept.has(name)).map((name) => ({ name, managed: true }));
  if (made.length > 0) {
    const conflict = { target: groups.name, where: isNull(groups.deletedAt) };
    await tx.insert(groups).values(made).onConflictDoNothing(conflict);
  }
  return await tx
    .select({ id: groups.id, name: groups.name })
    .from(groups)
    .where(and(eq(groups.managed, true), isNull(groups.deletedAt), inArray(groups.name, [...names])));
}

async function namesOf(tx: Tx, rows: readonly { readonly id: string }[]): Promise<string[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const found = await tx.select({ name: groups.name }).from(groups).where(inArray(groups.id, ids));
  return found.map((row) => row.name);
}
