import { desc, eq, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Db } from "./client.ts";
import { users } from "./schema/people.ts";
import { accessGrants, servers } from "./schema/servers.ts";

export type Access = {
  readonly id: string;
  readonly by: string;
  readonly serverName: string;
  readonly reason: string;
  readonly createdAt: Date;
  readonly until: Date;
};

/** Who was let into this user's servers, newest first. */
export async function accessHistoryOf(db: Db, userId: string, limit: number): Promise<Access[]> {
  const openers = alias(users, "openers");
  return await db
    .select({
      id: accessGrants.id,
      by: sql<string>`coalesce(${openers.name}, '(deleted user)')`,
      serverName: servers.name,
      reason: accessGrants.reason,
      createdAt: accessGrants.createdAt,
      until: accessGrants.until,
    })
    .from(accessGrants)
    .innerJoin(servers, eq(servers.id, accessGrants.serverId))
    .leftJoin(openers, eq(openers.id, accessGrants.userId))
    .where(eq(servers.userId, userId))
    .orderBy(desc(accessGrants.createdAt))
    .limit(limit);
}
