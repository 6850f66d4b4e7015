import { and, asc, count, desc, eq, inArray, isNull, like, ne, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { usersWithin, type Within } from "./memberships.ts";
import { groupMembers, groups, namespaces } from "./schema/groups.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import { installation } from "./schema/system.ts";

export type User = typeof users.$inferSelect;

export async function findUserByName(db: Db | Tx, name: string): Promise<User | undefined> {
  const [row] = await db.select().from(users).where(eq(users.name, name));
  return row;
}

export async function findUserById(db: Db | Tx, id: string): Promise<User | undefined> {
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row;
}

/** Locks the row until the transaction ends, so that a login and a change of rights never pass each other. */
export async function lockUser(tx: Tx, id: string): Promise<User | undefined> {
  const [row] = await tx.select().from(users).where(eq(users.id, id)).for("update");
  return row;
}

export async function lockUserByName(tx: Tx, name: string): Promise<User | undefined> {
  const [row] = await tx.select().from(users).where(eq(users.name, name)).for("update");
  return row;
}

/** Whether this account is open, and stays so until the transaction ends: disabling it comes before or after. */
export async function holdActiveUser(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, id), isNull(users.disabledAt)))
    .for("no key update");
  return rows.length > 0;
}

type NewUser = { readonly name: string; readonly admin: boolean; readonly passwordHash: string | null };

/** `undefined` when the name is taken. */
export async function insertUser(tx: Tx, user: NewUser): Promise<User | undefined> {
  const [row] = await tx.insert(users).values(user).onConflictDoNothing({ target: users.name }).returning();
  return row;
}

type UserChange = Partial<Pick<User, "admin" | "disabledAt" | "passwordHash" | "lastActivityAt">>;

export async function updateUser(tx: Tx, id: string, change: UserChange): Promise<void> {
  await tx.update(users).set(change).where(eq(users.id, id));
}

/** Never backwards. */
export async function touchUser(tx: Tx, id: string, at: Date): Promise<void> {
  await tx
    .update(users)
    .set({ lastActivityAt: sql`greatest(${users.lastActivityAt}, ${at.toISOString()}::timestamptz)` })
    .where(eq(users.id, id));
}

/** Homes whose files are there, or can be brought back. */
export async function keptHomesOf(db: Db | Tx, userId: string): Promise<string[]> {
  const rows = await db
    .select({ name: homes.name })
    .from(homes)
    .where(and(eq(homes.userId, userId), isNull(homes.removedAt)))
    .orderBy(asc(homes.name));
  return rows.map((row) => row.name);
}

/** With everything that is nothing without them. The caller has taken their servers away, and no home of theirs is kept. */
export async function deleteUserRow(tx: Tx, userId: string): Promise<void> {
  await tx.delete(homes).where(eq(homes.userId, userId));
  await tx.update(namespaces).set({ userId: null }).where(eq(namespaces.userId, userId));
  await tx.delete(users).where(eq(users.id, userId));
}

export type UserSort = "name" | "-name" | "lastActivity" | "-lastActivity" | "created" | "-created";
export type UserSearch = {
  readonly reach: Within;
  readonly search: string;
  readonly sort: UserSort;
  readonly page: number;
  readonly pageSize: number;
};

// People who were never active come last both ways: an admin looks for the busiest or the longest idle.
const orders: Record<UserSort, readonly SQL[]> = {
  name: [asc(users.name)],
  "-name": [desc(users.name)],
  lastActivity: [sql`${users.lastActivityAt} asc nulls last`, asc(users.name)],
  "-lastActivity": [sql`${users.lastActivityAt} desc nulls last`, asc(users.name)],
  created: [asc(users.createdAt), asc(users.name)],
  "-created": [desc(users.createdAt), asc(users.name)],
};

/** Names are stored normalised, so a case-sensitive LIKE on the normalised text finds what people mean. */
export async function searchUsers(db: Db, question: UserSearch): Promise<{ users: User[]; total: number }> {
  const text = question.search.replaceAll(/[\\%_]/g, "\\$&");
  const matches = and(text === "" ? undefined : like(users.name, `%${text}%`), usersWithin(question.reach, users.id));
  const rows = db
    .select()
    .from(users)
    .where(matches)
    .orderBy(...orders[question.sort])
    .limit(question.pageSize)
    .offset((question.page - 1) * question.pageSize);
  const [found, [total]] = await Promise.all([rows, db.select({ total: count() }).from(users).where(matches)]);
  return { users: found, total: total?.total ?? 0 };
}

export async function countRunningServers(db: Db | Tx, userIds: readonly string[]): Promise<Map<string, number>> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .select({ userId: servers.userId, running: count() })
    .from(servers)
    .where(and(inArray(servers.userId, [...userIds]), ne(servers.phase, "stopped"), ne(servers.phase, "failed")))
    .groupBy(servers.userId);
  return new Map(rows.map((row) => [row.userId, row.running]));
}

export async function groupNamesOf(db: Db | Tx, userIds: readonly string[]): Promise<Map<string, string[]>> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .select({ userId: groupMembers.userId, name: groups.name })
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.groupId))
    .where(and(inArray(groupMembers.userId, [...userIds]), isNull(groups.deletedAt)))
    .orderBy(asc(groups.name));
  const names = new Map<string, string[]>();
  for (const row of rows) names.set(row.userId, [...(names.get(row.userId) ?? []), row.name]);
  return names;
}

/**
 * A system uid for this user's processes, from a counter that only grows, so that a file left behind by somebody can
 * never become another's. 70000 lies above what distributions give to people, services and systemd's dynamic users.
 */
export async function allotUid(tx: Tx, userId: string, firstUid = 70_000): Promise<number> {
  const user = await lockUser(tx, userId);
  if (user === undefined) throw new Error(`no user ${userId} to allot a uid to`);
  if (user.uid !== null) return user.uid;
  const [counter] = await tx
    .insert(installation)
    .values({ key: "last-uid", value: String(firstUid) })
    .onConflictDoUpdate({ target: installation.key, set: { value: sql`(${installation.value}::int + 1)::text` } })
    .returning({ value: installation.value });
  const uid = Number(counter?.value);
  await tx
    .update(users)
    .set({ uid })
    .where(and(eq(users.id, userId), isNull(users.uid)));
  return uid;
}
