import { and, desc, eq, gt, isNull } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { sessions, users } from "./schema/people.ts";
import type { Session } from "./sessions.ts";

const live = (now: Date) => and(isNull(sessions.revokedAt), gt(sessions.expiresAt, now));

/** A user's logins that are still good, newest first. */
export async function listSessionsOf(db: Db, userId: string, now: Date): Promise<Session[]> {
  return await db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), live(now)))
    .orderBy(desc(sessions.createdAt))
    .limit(200);
}

export async function findSessionById(
  db: Db | Tx,
  id: string,
): Promise<{ session: Session; owner: { id: string; name: string } } | undefined> {
  const [row] = await db
    .select({ session: sessions, owner: { id: users.id, name: users.name } })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.id, id));
  return row;
}
