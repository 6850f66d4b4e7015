import { and, asc, desc, eq, inArray, isNull, ne, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groupMembers, groups } from "./schema/groups.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { reservations, servers } from "./schema/servers.ts";
import { type MemberLimits, type QuotaResource, quotaResources } from "./schema/settings.ts";
import { leases } from "./schema/system.ts";

type GroupRow = typeof groups.$inferSelect;

/** A group one is in, with everything that binds a start in it. */
export type MemberGroup = {
  readonly group: GroupRow;
  readonly role: "member" | "manager";
  readonly limits: typeof groupMembers.$inferSelect.limits;
};

const memberGroup = { group: groups, role: groupMembers.role, limits: groupMembers.limits };

/** The groups a user is in; deleted ones, though undoable, have no members. */
export async function groupsOfMember(db: Db | Tx, userId: string): Promise<MemberGroup[]> {
  return await db
    .select(memberGroup)
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.groupId))
    .where(and(eq(groupMembers.userId, userId), isNull(groups.deletedAt)))
    .orderBy(asc(groups.name));
}

/**
 * Locks the group's row until the transaction ends. Starts that count against a quota come one after the other (`no key update`); a
 * group without any rule is only kept from getting one meanwhile (`share`), and its starts don't wait for each other. What else is
 * read of the group is read by a later statement: this one may have looked at the rest before it waited.
 */
export async function lockGroupForStart(
  tx: Tx,
  groupId: string,
  how: "no key update" | "share",
): Promise<GroupRow | undefined> {
  const [row] = await tx
    .select()
    .from(groups)
    .where(and(eq(groups.id, groupId), isNull(groups.deletedAt)))
    .for(how);
  return row;
}

export type Used = Readonly<Record<QuotaResource, number>>;

export type MemberUse = {
  /** The member's own limits; null when they are not in the group. */
  readonly limits: MemberLimits | null;
  readonly servers: number;
};

/** Everything reserved in a group and every home of it; a home that was deleted takes its place until it is really gone. */
export async function usedOfGroup(db: Db | Tx, groupId: string): Promise<Used> {
  const { rows } = await db.execute<Record<string, string>>(
    sql`select held.*, kept.* from (${heldIn(groupId)}) held, (${keptIn(groupId)}) kept`,
  );
  return usedIn(rows[0] ?? {});
}

/** The same without what this server holds itself, and what its owner has. */
export async function usedBesides(
  tx: Db | Tx,
  {
    groupId,
    serverId,
    userId,
  }: { readonly groupId: string; readonly serverId: string | null; readonly userId: string },
): Promise<{ readonly used: Used; readonly member: MemberUse }> {
  const others = serverId === null ? undefined : ne(reservations.serverId, serverId);
  const { rows } = await tx.execute<Record<string, string> & { limits: MemberLimits | null }>(sql`
    select held.*, kept.*,
      (select count(*) from ${reservations}
        where ${and(eq(reservations.groupId, groupId), eq(reservations.userId, userId), others)}) as "memberServers",
      (select ${groupMembers.limits} from ${groupMembers}
        where ${and(eq(groupMembers.groupId, groupId), eq(groupMembers.userId, userId))}) as "limits"
    from (${heldIn(groupId, others)}) held, (${keptIn(groupId)}) kept`);
  const row = rows[0];
  return {
    used: usedIn(row ?? {}),
    member: { limits: row?.limits ?? null, servers: Number(row?.memberServers ?? 0) },
  };
}

function heldIn(groupId: string, others?: SQL): SQL {
  return sql`select count(*) as "servers",
      coalesce(sum(${reservations.cpuRequestMillicores}), 0) as "cpuRequestMillicores",
      coalesce(sum(${reservations.cpuLimitMillicores}), 0) as "cpuLimitMillicores",
      coalesce(sum(${reservations.memoryRequestBytes}), 0) as "memoryRequestBytes",
      coalesce(sum(${reservations.memoryLimitBytes}), 0) as "memoryLimitBytes",
      coalesce(sum(${reservations.gpus}), 0) as "gpus"
    from ${reservations} where ${and(eq(reservations.groupId, groupId), others)}`;
}

function keptIn(groupId: string): SQL {
  return sql`select count(*) as "homes", coalesce(sum(${homes.capacityBytes}), 0) as "storageBytes"
    from ${homes} where ${and(eq(homes.groupId, groupId), isNull(homes.removedAt))}`;
}

export function usedIn(row: Readonly<Record<string, unknown>>): Used {
  return Object.fromEntries(quotaResources.map((resource) => [resource, Number(row[resource] ?? 0)])) as Used;
}

export type HeldBy = {
  readonly owner: string;
  readonly server: string;
  readonly amount: number;
  readonly since: Date;
  readonly stopAt: Date | null;
};

const amountColumns = {
  servers: sql<number>`1`,
  gpus: reservations.gpus,
  cpuLimitMillicores: reservations.cpuLimitMillicores,
  cpuRequestMillicores: reservations.cpuRequestMillicores,
  memoryLimitBytes: reservations.memoryLimitBytes,
  memoryRequestBytes: reservations.memoryRequestBytes,
} as const;

/** Which servers (or homes) of a group hold some of this, the largest first, then the oldest. */
export async function holdersOf(
  db: Db | Tx,
  groupId: string,
  resource: QuotaResource,
  atMost: number,
): Promise<HeldBy[]> {
  if (resource === "homes" || resource === "storageBytes") return await homesOf(db, groupId, resource, atMost);
  const amount = amountColumns[resource];
  // A bare `1` would be the number of a column to sort by.
  const largest = resource === "servers" ? [] : [desc(sql`${amount}`)];
  return await db
    .select({
      owner: users.name,
      server: servers.name,
      amount: sql<number>`${amount}`.mapWith(Number),
      since: reservations.createdAt,
      stopAt: servers.stopAt,
    })
    .from(reservations)
    .innerJoin(servers, eq(servers.id, reservations.serverId))
    .innerJoin(users, eq(users.id, reservations.userId))
    .where(and(eq(reservations.groupId, groupId), sql`${amount} > 0`))
    .orderBy(...largest, asc(reservations.createdAt), asc(users.name))
    .limit(atMost);
}

async function homesOf(
  db: Db | Tx,
  groupId: string,
  resource: "homes" | "storageBytes",
  atMost: number,
): Promise<HeldBy[]> {
  const amount = resource === "homes" ? sql<number>`1` : sql<number>`${homes.capacityBytes}`;
  return await db
    .select({
      owner: users.name,
      server: homes.name,
      amount: amount.mapWith(Number),
      since: homes.createdAt,
      stopAt: sql<null>`null`,
    })
    .from(homes)
    .innerJoin(users, eq(users.id, homes.userId))
    .where(and(eq(homes.groupId, groupId), isNull(homes.removedAt)))
    .orderBy(desc(homes.capacityBytes), asc(homes.createdAt))
    .limit(atMost);
}

/** Gives back what this generation held. A newer start's reservation stays, whoever comes first (the row says its generation). */
export async function releaseReservation(
  db: Db | Tx,
  key: { readonly serverId: string; readonly generation: number; readonly epoch: number },
): Promise<void> {
  await db.execute(sql`delete from ${reservations} where ${releasable(key.serverId, key.generation)}
    and ${key.epoch} = (select ${leases.epoch} from ${leases} where ${leases.name} = 'reconciler')`);
}

/**
 * Said of the reservation's own row and nothing else: a delete that waited for a start to commit looks again at that row alone
 * (PostgreSQL, "Read Committed"), and would believe what it read of the server's before.
 */
export function releasable(serverId: string | SQL, generation: number): SQL {
  return sql`${reservations.serverId} = ${serverId} and ${reservations.generation} <= ${generation}`;
}

/** Servers at rest that still hold something: what a crash left, or what is still being removed. */
export async function heldAtRest(db: Db): Promise<string[]> {
  const rows = await db
    .select({ id: servers.id })
    .from(reservations)
    .innerJoin(servers, eq(servers.id, reservations.serverId))
    .where(and(inArray(servers.phase, ["stopped", "failed"]), eq(servers.phaseGeneration, servers.generation)));
  return rows.map((row) => row.id);
}

export async function hasReservation(db: Db | Tx, serverId: string): Promise<boolean> {
  const rows = await db.select({ one: sql`1` }).from(reservations).where(eq(reservations.serverId, serverId));
  return rows.length > 0;
}
