import { and, eq, gt, isNull, lt, ne } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { sessions, users } from "./schema/people.ts";
import type { User } from "./users.ts";

export type Session = typeof sessions.$inferSelect;

export async function insertSession(tx: Tx, values: typeof sessions.$inferInsert): Promise<Session> {
  const [row] = await tx.insert(sessions).values(values).returning();
  if (row === undefined) throw new Error("the database kept no session row");
  return row;
}

export async function findSession(db: Db | Tx, sidHash: string): Promise<{ session: Session; user: User } | undefined> {
  const [row] = await db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.sidHash, sidHash));
  return row;
}

/** Whether a session goes on, by the id of its row; its user's account counts. */
export async function isSessionLive(db: Db | Tx, id: string, now: Date): Promise<boolean> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt), gt(sessions.expiresAt, now), isNull(users.disabledAt)));
  return rows.length === 1;
}

export async function sidHashOfSession(db: Db | Tx, id: string): Promise<string | null> {
  const [row] = await db.select({ sidHash: sessions.sidHash }).from(sessions).where(eq(sessions.id, id));
  return row?.sidHash ?? null;
}

/** A login that goes on, by the id of its row. */
export async function findLiveSession(db: Db | Tx, id: string, now: Date): Promise<Session | undefined> {
  const [row] = await db
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, id), isNull(sessions.revokedAt), gt(sessions.expiresAt, now)));
  return row;
}

/** Returns the row when this call ended it; `undefined` when it was over already. */
export async function revokeSession(tx: Tx, sidHash: string, at: Date): Promise<Session | undefined> {
  const [row] = await tx
    .update(sessions)
    .set({ revokedAt: at })
    .where(and(eq(sessions.sidHash, sidHash), isNull(sessions.revokedAt)))
    .returning();
  return row;
}

export async function revokeSessionsOf(
  tx: Tx,
  userId: string,
  at: Date,
  exceptSessionId: string | null,
): Promise<Session[]> {
  return await tx
    .update(sessions)
    .set({ revokedAt: at })
    .where(
      and(
        eq(sessions.userId, userId),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, at),
        exceptSessionId === null ? undefined : ne(sessions.id, exceptSessionId),
      ),
    )
    .returning();
}

/** Whether this user logged in from this address before, since a given time. */
export async function hasSessionFrom(db: Db, userId: string, clientAddress: string, since: Date): Promise<boolean> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), eq(sessions.clientAddress, clientAddress), gt(sessions.createdAt, since)))
    .limit(1);
  return rows.length > 0;
}

export async function forgetSessionsExpiredBefore(db: Db, at: Date): Promise<void> {
  await db.delete(sessions).where(lt(sessions.expiresAt, at));
}
