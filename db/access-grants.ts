import { and, eq, getTableColumns, gt, inArray } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { users } from "./schema/people.ts";
import { accessGrants } from "./schema/servers.ts";

/** With the name of whoever was let in. */
export type GrantRow = typeof accessGrants.$inferSelect & { readonly name: string };

export async function addGrant(tx: Tx, grant: typeof accessGrants.$inferInsert): Promise<void> {
  await tx.insert(accessGrants).values(grant);
}

/** Grants in force, of all servers or of some. */
export async function grantsInForce(db: Db | Tx, now: Date, serverIds?: readonly string[]): Promise<GrantRow[]> {
  if (serverIds?.length === 0) return [];
  const some = serverIds === undefined ? undefined : inArray(accessGrants.serverId, [...serverIds]);
  return await db
    .select({ ...getTableColumns(accessGrants), name: users.name })
    .from(accessGrants)
    .innerJoin(users, eq(users.id, accessGrants.userId))
    .where(and(gt(accessGrants.until, now), some));
}

/** Ends what a user was allowed into; returns those servers, whose routes must be told anew. */
export async function endGrantsOf(tx: Tx, userId: string, now: Date): Promise<string[]> {
  const ended = await tx
    .update(accessGrants)
    .set({ until: now })
    .where(and(eq(accessGrants.userId, userId), gt(accessGrants.until, now)))
    .returning({ serverId: accessGrants.serverId });
  return [...new Set(ended.map((grant) => grant.serverId))];
}

export async function hasGrant(db: Db | Tx, serverId: string, userId: string, now: Date): Promise<boolean> {
  const rows = await db
    .select({ id: accessGrants.id })
    .from(accessGrants)
    .where(and(eq(accessGrants.serverId, serverId), eq(accessGrants.userId, userId), gt(accessGrants.until, now)))
    .limit(1);
  return rows.length > 0;
}
