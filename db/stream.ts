import { and, asc, eq, gt, isNotNull, lt, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { sessions, users } from "./schema/people.ts";
import { streamChanges, streamRevision } from "./schema/system.ts";

/** What a stream row holds. A server is named, not copied: whoever sends it reads the newest row, and no secret is kept twice. */
export type StreamRecord =
  | { readonly type: "server"; readonly serverId: string }
  | { readonly type: "session-revoked"; readonly session: { readonly sidHash: string; readonly until: number } }
  | { readonly type: "token-revoked"; readonly token: { readonly tokenId: string } }
  | { readonly type: "user-disabled"; readonly user: { readonly userId: string; readonly disabled: boolean } };

export const notifyChannel = "berth";

/**
 * Appends one revision. Call it last in its transaction: it locks the counter row until the commit, which is what makes
 * revisions free of gaps and their order the order of commits (a sequence gives neither).
 */
export async function appendStream(tx: Tx, records: readonly StreamRecord[]): Promise<number> {
  const [row] = await tx
    .insert(streamRevision)
    .values({ one: true, revision: 1 })
    .onConflictDoUpdate({ target: streamRevision.one, set: { revision: sql`${streamRevision.revision} + 1` } })
    .returning({ revision: streamRevision.revision });
  const revision = row?.revision ?? 0;
  await tx.insert(streamChanges).values({ revision, changes: [...records] });
  await tx.execute(sql`select pg_notify(${notifyChannel}, ${`stream:${revision}`})`);
  return revision;
}

/** Tells every hub, when the transaction commits. */
export async function notify(tx: Db | Tx, message: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${notifyChannel}, ${message})`);
}

export async function currentRevision(db: Db | Tx): Promise<number> {
  const [row] = await db
    .select({ revision: streamRevision.revision })
    .from(streamRevision)
    .where(eq(streamRevision.one, true));
  return row?.revision ?? 0;
}

export async function streamAfter(db: Db, revision: number): Promise<{ revision: number; records: StreamRecord[] }[]> {
  const rows = await db
    .select()
    .from(streamChanges)
    .where(gt(streamChanges.revision, revision))
    .orderBy(asc(streamChanges.revision))
    .limit(1000);
  return rows.map((row) => ({ revision: row.revision, records: row.changes as StreamRecord[] }));
}

export async function forgetStreamBefore(db: Db, at: Date): Promise<void> {
  await db.delete(streamChanges).where(lt(streamChanges.at, at));
}

export async function revokedSessions(db: Db | Tx, now: Date): Promise<{ sidHash: string; until: number }[]> {
  const rows = await db
    .select({ sidHash: sessions.sidHash, expiresAt: sessions.expiresAt })
    .from(sessions)
    .where(and(isNotNull(sessions.revokedAt), gt(sessions.expiresAt, now)));
  return rows.map((row) => ({ sidHash: row.sidHash, until: row.expiresAt.getTime() }));
}

export async function disabledUserIds(db: Db | Tx): Promise<string[]> {
  const rows = await db.select({ id: users.id }).from(users).where(isNotNull(users.disabledAt));
  return rows.map((row) => row.id);
}
