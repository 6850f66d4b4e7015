import { and, eq, inArray, isNotNull, isNull, lt, notInArray, or, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { homes } from "./schema/homes.ts";
import { servers } from "./schema/servers.ts";

/** Phases in which nothing writes to a home any more. */
const atRest = ["stopped", "failed"] as const;

/** Homes whose files changed since they were looked at: those of servers that stopped since, and of servers that ran on past `runningBefore`. */
export async function homesToLookAt(
  db: Db,
  runningBefore: Date,
  limit: number,
): Promise<(typeof homes.$inferSelect)[]> {
  const stoppedSince = db
    .select({ one: sql`1` })
    .from(servers)
    .where(
      and(eq(servers.homeId, homes.id), inArray(servers.phase, [...atRest]), lt(homes.usedSeenAt, servers.phaseSince)),
    );
  const running = db
    .select({ one: sql`1` })
    .from(servers)
    .where(and(eq(servers.homeId, homes.id), notInArray(servers.phase, [...atRest])));
  return await db
    .select()
    .from(homes)
    .where(
      and(
        isNull(homes.removedAt),
        isNotNull(homes.lastUsedAt),
        or(
          isNull(homes.usedSeenAt),
          sql`exists ${stoppedSince}`,
          and(lt(homes.usedSeenAt, runningBefore), sql`exists ${running}`),
        ),
      ),
    )
    .orderBy(sql`${homes.usedSeenAt} asc nulls first`, homes.id)
    .limit(limit);
}

export async function setHomeUsed(
  db: Db,
  id: string,
  seen: { readonly usedBytes: number | null; readonly usedSeenAt: Date },
): Promise<void> {
  await db.update(homes).set(seen).where(eq(homes.id, id));
}
