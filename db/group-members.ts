import { and, asc, count, desc, eq, inArray, isNull, like, or, type SQL } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groupMembers } from "./schema/groups.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import type { MemberLimits } from "./schema/settings.ts";
import type { ServerRow } from "./servers.ts";

export type GroupRole = "member" | "manager";
export type Member = {
  readonly userId: string;
  readonly name: string;
  readonly role: GroupRole;
  readonly limits: MemberLimits;
  readonly addedAt: Date;
  readonly disabledAt: Date | null;
  readonly lastActivityAt: Date | null;
};

const memberColumns = {
  userId: users.id,
  name: users.name,
  role: groupMembers.role,
  limits: groupMembers.limits,
  addedAt: groupMembers.addedAt,
  disabledAt: users.disabledAt,
  lastActivityAt: users.lastActivityAt,
};

export type MemberSearch = {
  readonly groupId: string;
  readonly search: string;
  readonly role: GroupRole | null;
  readonly sort: "name" | "-name" | "added" | "-added";
  readonly page: number;
  readonly pageSize: number;
};

const orders: Record<MemberSearch["sort"], readonly SQL[]> = {
  name: [asc(users.name)],
  "-name": [desc(users.name)],
  added: [asc(groupMembers.addedAt), asc(users.name)],
  "-added": [desc(groupMembers.addedAt), asc(users.name)],
};

export async function searchMembers(db: Db, question: MemberSearch): Promise<{ members: Member[]; total: number }> {
  const text = question.search.replaceAll(/[\\%_]/g, "\\$&");
  const where = and(
    eq(groupMembers.groupId, question.groupId),
    question.role === null ? undefined : eq(groupMembers.role, question.role),
    text === "" ? undefined : like(users.name, `%${text}%`),
  );
  const join = eq(users.id, groupMembers.userId);
  const rows = db
    .select(memberColumns)
    .from(groupMembers)
    .innerJoin(users, join)
    .where(where)
    .orderBy(...orders[question.sort])
    .limit(question.pageSize)
    .offset((question.page - 1) * question.pageSize);
  const counted = db.select({ total: count() }).from(groupMembers).innerJoin(users, join).where(where);
  const [members, [total]] = await Promise.all([rows, counted]);
  return { members, total: total?.total ?? 0 };
}

/** Everybody, in the order of their names. */
export async function allMembers(db: Db | Tx, groupId: string): Promise<Member[]> {
  return await db
    .select(memberColumns)
    .from(groupMembers)
    .innerJoin(users, eq(users.id, groupMembers.userId))
    .where(eq(groupMembers.groupId, groupId))
    .orderBy(asc(users.name));
}

export async function findMember(db: Db | Tx, groupId: string, userId: string): Promise<Member | undefined> {
  const [row] = await db
    .select(memberColumns)
    .from(groupMembers)
    .innerJoin(users, eq(users.id, groupMembers.userId))
    .where(and(eq(groupMembers.groupId, groupId), eq(groupMembers.userId, userId)));
  return row;
}

export type PersonRef = {
  readonly id: string;
  readonly name: string;
  readonly admin: boolean;
  readonly disabledAt: Date | null;
};

export async function findUsersNamed(db: Db | Tx, names: readonly string[]): Promise<PersonRef[]> {
  if (names.length === 0) return [];
  return await db
    .select({ id: users.id, name: users.name, admin: users.admin, disabledAt: users.disabledAt })
    .from(users)
    .where(inArray(users.name, [...names]));
}

type NewMember = { readonly userId: string; readonly role: GroupRole };

/** Whoever is in it already stays as they are. Returns the ids of those who weren't. */
export async function insertMembers(
  tx: Tx,
  groupId: string,
  members: readonly NewMember[],
  addedAt: Date,
): Promise<string[]> {
  const added: string[] = [];
  for (const part of chunks(members)) {
    const rows = await tx
      .insert(groupMembers)
      .values(part.map((member) => ({ ...member, groupId, addedAt })))
      .onConflictDoNothing()
      .returning({ userId: groupMembers.userId });
    added.push(...rows.map((row) => row.userId));
  }
  return added;
}

export async function deleteMembers(tx: Tx, groupId: string, userIds: readonly string[]): Promise<string[]> {
  const gone: string[] = [];
  for (const part of chunks(userIds)) {
    const rows = await tx
      .delete(groupMembers)
      .where(and(eq(groupMembers.groupId, groupId), inArray(groupMembers.userId, part)))
      .returning({ userId: groupMembers.userId });
    gone.push(...rows.map((row) => row.userId));
  }
  return gone;
}

export async function updateRoles(tx: Tx, groupId: string, userIds: readonly string[], role: GroupRole): Promise<void> {
  for (const part of chunks(userIds))
    await tx
      .update(groupMembers)
      .set({ role })
      .where(and(eq(groupMembers.groupId, groupId), inArray(groupMembers.userId, part)));
}

export type MemberHome = Pick<
  typeof homes.$inferSelect,
  "id" | "userId" | "name" | "capacityBytes" | "usedBytes" | "lastUsedAt"
>;

/** What the members of one page run and keep here: servers and homes of this group, and servers of no group. Other groups' aren't ours. */
export async function belongingsOf(
  db: Db,
  groupId: string,
  userIds: readonly string[],
): Promise<{ servers: ServerRow[]; homes: MemberHome[] }> {
  if (userIds.length === 0) return { servers: [], homes: [] };
  const of = [...userIds];
  const [found, kept] = await Promise.all([
    db
      .select()
      .from(servers)
      .where(and(inArray(servers.userId, of), or(eq(servers.groupId, groupId), isNull(servers.groupId))))
      .orderBy(asc(servers.name)),
    db
      .select({
        id: homes.id,
        userId: homes.userId,
        name: homes.name,
        capacityBytes: homes.capacityBytes,
        usedBytes: homes.usedBytes,
        lastUsedAt: homes.lastUsedAt,
      })
      .from(homes)
      .where(and(inArray(homes.userId, of), eq(homes.groupId, groupId), isNull(homes.removedAt)))
      .orderBy(asc(homes.name)),
  ]);
  return { servers: found, homes: kept };
}

/** PostgreSQL takes 65,535 parameters a statement. */
function chunks<T>(all: readonly T[], size = 5000): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
