import {
  and,
  asc,
  count,
  desc,
  eq,
  ilike,
  inArray,
  isNotNull,
  isNull,
  lte,
  notInArray,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import type { Within } from "./memberships.ts";
import { groupMembers, groups } from "./schema/groups.ts";
import { users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import { notify } from "./stream.ts";

export type Group = typeof groups.$inferSelect;

export async function findGroup(db: Db | Tx, name: string): Promise<Group | undefined> {
  const [row] = await db
    .select()
    .from(groups)
    .where(and(eq(groups.name, name), isNull(groups.deletedAt)));
  return row;
}

/**
 * Locks the row until the transaction ends: changes of members, deletion and reservations of one group pass one after another. Not
 * as strong as `for update`, so that rows that refer to the group can be written meanwhile. A group renamed while we waited is
 * not found: the condition is looked at again.
 */
export async function lockGroup(tx: Tx, name: string): Promise<Group | undefined> {
  const [row] = await tx
    .select()
    .from(groups)
    .where(and(eq(groups.name, name), isNull(groups.deletedAt)))
    .for("no key update");
  return row;
}

export async function lockGroupById(tx: Tx, id: string): Promise<Group | undefined> {
  const [row] = await tx.select().from(groups).where(eq(groups.id, id)).for("no key update");
  return row;
}

/** Names differ by more than case, or people mix them up. Deleted groups don't count. */
export async function findGroupLike(db: Db | Tx, name: string): Promise<Group | undefined> {
  const [row] = await db
    .select()
    .from(groups)
    .where(and(sql`lower(${groups.name}) = lower(${name})`, isNull(groups.deletedAt)))
    .limit(1);
  return row;
}

/** `undefined` when the name is taken. */
export async function insertGroup(
  tx: Tx,
  values: Pick<Group, "name" | "description" | "createdAt">,
): Promise<Group | undefined> {
  const conflict = { target: groups.name, where: isNull(groups.deletedAt) };
  const [row] = await tx.insert(groups).values(values).onConflictDoNothing(conflict).returning();
  return row;
}

type GroupChange = Partial<Omit<Group, "id" | "createdAt">>;

export async function updateGroup(tx: Tx, id: string, change: GroupChange): Promise<void> {
  await tx.update(groups).set(change).where(eq(groups.id, id));
  // Where the cluster repeats them, a hub hears it and does so at once.
  if ("quota" in change || "ceiling" in change || "sharedVolume" in change) await notify(tx, `group:${id}`);
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

export type GroupSearch = {
  readonly within: Within;
  readonly search: string;
  readonly sort: "name" | "-name" | "created" | "-created";
  readonly deleted: boolean;
  readonly page: number;
  readonly pageSize: number;
};

const orders: Record<GroupSearch["sort"], readonly SQL[]> = {
  name: [asc(groups.name)],
  "-name": [desc(groups.name)],
  created: [asc(groups.createdAt), asc(groups.name)],
  "-created": [desc(groups.createdAt), asc(groups.name)],
};

export async function searchGroups(db: Db, question: GroupSearch): Promise<{ groups: Group[]; total: number }> {
  const text = question.search.replaceAll(/[\\%_]/g, "\\$&");
  const where = and(
    question.deleted ? isNotNull(groups.deletedAt) : isNull(groups.deletedAt),
    groupsWithin(question.within),
    text === "" ? undefined : ilike(groups.name, `%${text}%`),
  );
  const rows = db
    .select()
    .from(groups)
    .where(where)
    .orderBy(...orders[question.sort])
    .limit(question.pageSize)
    .offset((question.page - 1) * question.pageSize);
  const [found, [total]] = await Promise.all([rows, db.select({ total: count() }).from(groups).where(where)]);
  return { groups: found, total: total?.total ?? 0 };
}

function groupsWithin(within: Within): SQL | undefined {
  if (within.kind === "everything") return undefined;
  return within.groups.length === 0 ? sql`false` : inArray(groups.name, [...within.groups]);
}

export type GroupCounts = {
  readonly members: number;
  readonly managers: readonly string[];
  readonly activeServers: number;
};

/** Three queries however many groups; each goes by an index. */
export async function countsOfGroups(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, GroupCounts>> {
  if (ids.length === 0) return new Map();
  const of = [...ids];
  const [members, managers, active] = await Promise.all([
    db
      .select({ id: groupMembers.groupId, n: count() })
      .from(groupMembers)
      .where(inArray(groupMembers.groupId, of))
      .groupBy(groupMembers.groupId),
    db
      .select({ id: groupMembers.groupId, name: users.name })
      .from(groupMembers)
      .innerJoin(users, eq(users.id, groupMembers.userId))
      .where(and(inArray(groupMembers.groupId, of), eq(groupMembers.role, "manager")))
      .orderBy(asc(users.name)),
    db
      .select({ id: servers.groupId, n: count() })
      .from(servers)
      .where(and(inArray(servers.groupId, of), notInArray(servers.phase, ["stopped", "failed"])))
      .groupBy(servers.groupId),
  ]);
  const membersOf = new Map(members.map((row) => [row.id, row.n]));
  const activeOf = new Map(active.map((row) => [row.id, row.n]));
  const managersOf = Map.groupBy(managers, (row) => row.id);
  const countsOf = (id: string): GroupCounts => ({
    members: membersOf.get(id) ?? 0,
    managers: (managersOf.get(id) ?? []).map((row) => row.name),
    activeServers: activeOf.get(id) ?? 0,
  });
  return new Map(of.map((id) => [id, countsOf(id)]));
}

export async function groupsPastUndo(db: Db | Tx, now: Date): Promise<string[]> {
  const rows = await db
    .select({ id: groups.id })
    .from(groups)
    .where(and(isNotNull(groups.deletedAt), lte(groups.undoUntil, now)));
  return rows.map((row) => row.id);
}
