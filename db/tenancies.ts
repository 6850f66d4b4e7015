import { and, count, eq, ne, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { groupMembers, groups, namespaces } from "./schema/groups.ts";
import { servers } from "./schema/servers.ts";

export type TenancyGroup = typeof groups.$inferSelect;

/** The group a server counts against, and what its owner is in it (null: no longer a member). */
export async function groupOfServer(
  db: Db,
  server: { readonly groupId: string | null; readonly userId: string },
): Promise<{ readonly group: TenancyGroup; readonly role: "member" | "manager" | null } | null> {
  if (server.groupId === null) return null;
  const [row] = await db
    .select({ group: groups, role: groupMembers.role })
    .from(groups)
    .leftJoin(groupMembers, and(eq(groupMembers.groupId, groups.id), eq(groupMembers.userId, server.userId)))
    .where(eq(groups.id, server.groupId));
  return row ?? null;
}

/** A namespace, and whose servers are in it. */
export type Place = {
  readonly namespace: string;
  readonly group: TenancyGroup | null;
  readonly userId: string | null;
};
type Due = { readonly before: Date; readonly limit: number };

const isDue = ({ before }: Due) => sql`(${namespaces.checkedAt} is null or ${namespaces.checkedAt} < ${before})`;
const oldestFirst = sql`${namespaces.checkedAt} asc nulls first`;

/** Groups' own namespaces that weren't looked at since. Also of a deleted group: it can come back, and its homes are there. */
export async function groupNamespacesDue(db: Db, due: Due): Promise<Place[]> {
  const rows = await db
    .select({ group: groups })
    .from(groups)
    .leftJoin(namespaces, eq(namespaces.name, groups.namespace))
    .where(and(sql`${groups.namespace} is not null`, isDue(due)))
    .orderBy(oldestFirst, groups.id)
    .limit(due.limit);
  return rows.flatMap(({ group }) =>
    group.namespace === null ? [] : [{ namespace: group.namespace, group, userId: null }],
  );
}

/** The namespaces servers run in that weren't looked at since; one that nobody uses now is looked at before its next start. */
export async function serverNamespacesDue(db: Db, due: Due): Promise<Place[]> {
  const inUse = db
    .selectDistinctOn([servers.namespace], {
      name: servers.namespace,
      userId: servers.userId,
      groupId: servers.groupId,
    })
    .from(servers)
    .where(ne(servers.phase, "stopped"))
    .orderBy(servers.namespace)
    .as("in_use");
  return await db
    .select({ namespace: inUse.name, group: groups, userId: inUse.userId })
    .from(inUse)
    .leftJoin(groups, eq(groups.id, inUse.groupId))
    .leftJoin(namespaces, eq(namespaces.name, inUse.name))
    .where(isDue(due))
    .orderBy(oldestFirst, inUse.name)
    .limit(due.limit);
}

/** Some of the namespaces that servers are under way in. */
export async function namespacesInUse(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectDistinct({ name: servers.namespace })
    .from(servers)
    .where(ne(servers.phase, "stopped"))
    .orderBy(servers.namespace)
    .limit(limit);
  return rows.map(({ name }) => name);
}

export async function placeOfGroup(db: Db, groupId: string): Promise<Place | undefined> {
  const [group] = await db.select().from(groups).where(eq(groups.id, groupId));
  if (group === undefined || group.namespace === null) return undefined;
  return { namespace: group.namespace, group, userId: null };
}

/** What a look found missing; empty for nothing. Whoever looked last is right. */
export async function saveLook(
  db: Db,
  look: {
    readonly name: string;
    readonly groupId: string | null;
    readonly userId: string | null;
    readonly missing: readonly string[];
    readonly checkedAt: Date;
  },
): Promise<void> {
  const { groupId, userId, missing, checkedAt } = look;
  await db
    .insert(namespaces)
    .values(look)
    .onConflictDoUpdate({ target: namespaces.name, set: { groupId, userId, missing, checkedAt } });
}

export type NamespaceFacts = {
  readonly known: number;
  /** Not looked at since the given time, though servers are under way in them. */
  readonly unseen: number;
  readonly incomplete: readonly {
    readonly name: string;
    readonly missing: readonly string[];
    readonly checkedAt: Date | null;
  }[];
};

export async function namespaceFacts(db: Db, staleBefore: Date, limit: number): Promise<NamespaceFacts> {
  const [all] = await db
    .select({
      known: count(),
      unseen: sql<number>`count(*) filter (where ${isInUseAndOld(staleBefore)})`.mapWith(Number),
    })
    .from(namespaces);
  const incomplete = await db
    .select({ name: namespaces.name, missing: namespaces.missing, checkedAt: namespaces.checkedAt })
    .from(namespaces)
    .where(sql`jsonb_array_length(${namespaces.missing}) > 0`)
    .orderBy(namespaces.name)
    .limit(limit);
  return { known: all?.known ?? 0, unseen: all?.unseen ?? 0, incomplete };
}

function isInUseAndOld(before: Date) {
  const inUse = sql`exists (select 1 from ${servers} s where s.namespace = ${namespaces.name} and s.phase <> 'stopped')`;
  return sql`${namespaces.checkedAt} < ${before} and ${inUse}`;
}
