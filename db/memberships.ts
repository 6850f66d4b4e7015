import { and, asc, eq, inArray, isNull, notInArray, or, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Db, Tx } from "./client.ts";
import { groupMembers, groups } from "./schema/groups.ts";
import { users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";

export type Membership = {
  readonly groupId: string;
  readonly group: string;
  readonly description: string;
  readonly role: "member" | "manager";
};

/** The groups a user is in; deleted ones, though undoable, have no members. */
export async function membershipsOf(db: Db | Tx, userId: string): Promise<Membership[]> {
  return await db
    .select({ groupId: groups.id, group: groups.name, description: groups.description, role: groupMembers.role })
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.groupId))
    .where(and(eq(groupMembers.userId, userId), isNull(groups.deletedAt)))
    .orderBy(asc(groups.name));
}

export async function groupNamesOfUser(db: Db | Tx, userId: string): Promise<string[]> {
  return (await membershipsOf(db, userId)).map(({ group }) => group);
}

/** Whether the user of this name is in one of these groups. */
export async function isMemberOfAny(db: Db | Tx, userName: string, groupNames: readonly string[]): Promise<boolean> {
  const rows = await db
    .select({ one: sql`1` })
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.groupId))
    .innerJoin(users, eq(users.id, groupMembers.userId))
    .where(and(eq(users.name, userName), inArray(groups.name, [...groupNames]), isNull(groups.deletedAt)))
    .limit(1);
  return rows.length > 0;
}

/**
 * Whether a right over these groups reaches this server: its owner is in one of them, and the server counts against one of them or
 * against none. A manager who adds somebody to their group doesn't get what that person runs for another group.
 */
export async function isServerWithin(
  db: Db | Tx,
  on: { readonly user: string; readonly server: string },
  groupNames: readonly string[],
): Promise<boolean> {
  if (!(await isMemberOfAny(db, on.user, groupNames))) return false;
  const elsewhere = await db
    .select({ one: sql`1` })
    .from(servers)
    .innerJoin(users, eq(users.id, servers.userId))
    .innerJoin(groups, eq(groups.id, servers.groupId))
    .where(and(eq(users.name, on.user), eq(servers.name, on.server), notInArray(groups.name, [...groupNames])));
  return elsewhere.length === 0;
}

/** What a reader may see, as the server's scopes say it (`Reach`). */
export type Within =
  | { readonly kind: "everything" }
  | {
      readonly kind: "some";
      readonly users: readonly string[];
      readonly groups: readonly string[];
      readonly servers: readonly string[];
    };

/** A condition for rows that belong to a user: those in reach. `undefined` cuts nothing. */
export function usersWithin(within: Within, userId: AnyPgColumn): SQL | undefined {
  if (within.kind === "everything") return undefined;
  const parts: SQL[] = [];
  if (within.users.length > 0) parts.push(sql`${userId} in (${namedUsers(within.users)})`);
  if (within.groups.length > 0) parts.push(sql`${userId} in (${membersOf(within.groups)})`);
  return or(...parts) ?? sql`false`;
}

/** The same for servers, which can also be named one by one; of a group's members those that count against it or against none. */
export function serversWithin(within: Within): SQL | undefined {
  if (within.kind === "everything") return undefined;
  const named = within.servers.map((path) => {
    const cut = path.lastIndexOf("/");
    return sql`(${servers.userId} in (${namedUsers([path.slice(0, cut)])}) and ${servers.name} = ${path.slice(cut + 1)})`;
  });
  const counted = sql`(${servers.groupId} is null or ${servers.groupId} in (${idsOf(within.groups)}))`;
  const ofGroups =
    within.groups.length === 0 ? undefined : and(sql`${servers.userId} in (${membersOf(within.groups)})`, counted);
  return or(usersWithin({ ...within, groups: [] }, servers.userId), ofGroups, ...named);
}

function idsOf(groupNames: readonly string[]): SQL {
  return sql`select g.id from groups g where g.deleted_at is null and g.name in ${[...groupNames]}`;
}

function namedUsers(names: readonly string[]): SQL {
  return sql`select u.id from users u where u.name in ${[...names]}`;
}

function membersOf(names: readonly string[]): SQL {
  return sql`select m.user_id from group_members m join groups g on g.id = m.group_id
    where g.deleted_at is null and g.name in ${[...names]}`;
}
