import { and, asc, count, desc, eq, inArray, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groupMembers, type groups } from "./schema/groups.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { reservations, servers } from "./schema/servers.ts";
import { leases } from "./schema/system.ts";

export type Reservation = typeof reservations.$inferInsert;
export type GroupRow = typeof groups.$inferSelect;

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
