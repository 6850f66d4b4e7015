import { and, asc, count, eq, isNull, ne, or, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groups, namespaces } from "./schema/groups.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import type { LastStop } from "./schema/settings.ts";
import type { ServerRow } from "./servers.ts";

export type RunningServer = { readonly server: ServerRow; readonly ownerName: string };

const running = (groupId: string) =>
  and(
    eq(servers.groupId, groupId),
    or(eq(servers.desired, "running"), and(ne(servers.phase, "stopped"), ne(servers.phase, "failed"))),
  );

export async function runningServersOfGroup(db: Db | Tx, groupId: string): Promise<RunningServer[]> {
  return await db
    .select({ server: servers, ownerName: users.name })
    .from(servers)
    .innerJoin(users, eq(users.id, servers.userId))
    .where(running(groupId))
    .orderBy(asc(users.name), asc(servers.name));
}

/**
 * Locks the servers that were asked to run in this group. Before the group's own row: a start holds its server when it asks for the
 * group, and the other way round the two would wait for each other.
 */
export async function lockServersOfGroup(tx: Tx, group: string): Promise<void> {
  await tx
    .select({ id: servers.id })
    .from(servers)
    .innerJoin(groups, eq(groups.id, servers.groupId))
    .where(and(eq(groups.name, group), isNull(groups.deletedAt), eq(servers.desired, "running")))
    .orderBy(asc(servers.id))
    .for("update", { of: servers });
}

/** Records the wish to stop and what the home page tells of it. Returns the servers that were asked to run. */
export async function stopServersOfGroup(
  tx: Tx,
  groupId: string,
  wishedAt: Date,
  lastStop: LastStop,
): Promise<{ id: string; name: string; userId: string; generation: number }[]> {
  return await tx
    .update(servers)
    .set({ desired: "stopped", wishedBy: lastStop.by, wishedAt, lastStop })
    .where(and(eq(servers.groupId, groupId), eq(servers.desired, "running")))
    .returning({ id: servers.id, name: servers.name, userId: servers.userId, generation: servers.generation });
}

export type HomesOfGroup = {
  readonly total: number;
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly largest: readonly HomeOfGroup[];
};
export type HomeOfGroup = {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string;
  readonly capacityBytes: number;
  readonly usedBytes: number | null;
};

export async function homesOfGroup(db: Db | Tx, groupId: string, limit: number): Promise<HomesOfGroup> {
  const where = and(eq(homes.groupId, groupId), isNull(homes.removedAt));
  const [sums] = await db
    .select({
      total: count(),
      capacityBytes: sql<string>`coalesce(sum(${homes.capacityBytes}), 0)`,
      usedBytes: sql<string>`coalesce(sum(${homes.usedBytes}), 0)`,
    })
    .from(homes)
    .where(where);
  const largest = await db
    .select({
      id: homes.id,
      name: homes.name,
      ownerName: users.name,
      capacityBytes: homes.capacityBytes,
      usedBytes: homes.usedBytes,
    })
    .from(homes)
    .innerJoin(users, eq(users.id, homes.userId))
    .where(where)
    .orderBy(sql`${homes.usedBytes} desc nulls last`, asc(homes.name))
    .limit(limit);
  const { total, capacityBytes, usedBytes } = sums ?? { total: 0, capacityBytes: "0", usedBytes: "0" };
  return { total, capacityBytes: Number(capacityBytes), usedBytes: Number(usedBytes), largest };
}

type KeptHomeRow = {
  readonly homeId: string;
  readonly namespace: string;
  readonly name: string;
  readonly claimUid: string | null;
};

/** The homes of a group whose files still exist, those that somebody deleted and may bring back among them. */
export async function keptHomesOfGroup(db: Db | Tx, groupId: string): Promise<KeptHomeRow[]> {
  return await db
    .select({ homeId: homes.id, namespace: homes.namespace, name: homes.name, claimUid: homes.claimUid })
    .from(homes)
    .where(and(eq(homes.groupId, groupId), isNull(homes.removedAt)))
    .orderBy(asc(homes.id));
}

/** The row goes; its homes stay as nobody's group's, for an admin to decide on. What was used stays on the books. */
export async function forgetGroup(tx: Tx, groupId: string, now: Date): Promise<{ orphanedHomes: number }> {
  const orphaned = await tx
    .update(homes)
    .set({ groupId: null, orphanedAt: sql`coalesce(${homes.orphanedAt}, ${now.toISOString()}::timestamptz)` })
    .where(eq(homes.groupId, groupId))
    .returning({ id: homes.id });
  await tx.update(namespaces).set({ groupId: null }).where(eq(namespaces.groupId, groupId));
  await tx.delete(groups).where(eq(groups.id, groupId));
  return { orphanedHomes: orphaned.length };
}
