import { and, desc, eq, gt, isNull, lt, or } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { tokens, users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import type { User } from "./users.ts";

export type Token = typeof tokens.$inferSelect;

export async function insertToken(tx: Tx, values: typeof tokens.$inferInsert): Promise<Token> {
  const [row] = await tx.insert(tokens).values(values).returning();
  if (row === undefined) throw new Error("the database kept no token row");
  return row;
}

export async function findTokenByHash(db: Db, hash: string): Promise<{ token: Token; user: User } | undefined> {
  const [row] = await db
    .select({ token: tokens, user: users })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.userId))
    .where(eq(tokens.hash, hash));
  return row;
}

export async function findTokenById(db: Db | Tx, id: string): Promise<{ token: Token; ownerName: string } | undefined> {
  const [row] = await db
    .select({ token: tokens, ownerName: users.name })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.userId))
    .where(eq(tokens.id, id));
  return row;
}

const alive = (now: Date) => and(isNull(tokens.revokedAt), or(isNull(tokens.expiresAt), gt(tokens.expiresAt, now)));

export async function isTokenLive(db: Db | Tx, id: string, now: Date): Promise<boolean> {
  const rows = await db
    .select({ id: tokens.id })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.userId))
    .where(and(eq(tokens.id, id), alive(now), isNull(users.disabledAt)));
  return rows.length === 1;
}

/** People's own tokens that still work; those made for a server are the server's business. */
export async function listTokensOf(db: Db, userId: string, now: Date): Promise<Token[]> {
  return await db
    .select()
    .from(tokens)
    .where(and(eq(tokens.userId, userId), isNull(tokens.serverId), alive(now)))
    .orderBy(desc(tokens.createdAt), desc(tokens.id));
}

/** Returns the row when this call revoked it; `undefined` when it was revoked already. */
export async function revokeToken(tx: Tx, id: string, at: Date): Promise<Token | undefined> {
  const [row] = await tx
    .update(tokens)
    .set({ revokedAt: at })
    .where(and(eq(tokens.id, id), isNull(tokens.revokedAt)))
    .returning();
  return row;
}

/** `own` leaves the tokens of this user's servers alone. */
export async function revokeTokensOf(tx: Tx, userId: string, which: "own" | "all", at: Date): Promise<Token[]> {
  return await tx
    .update(tokens)
    .set({ revokedAt: at })
    .where(and(eq(tokens.userId, userId), which === "own" ? isNull(tokens.serverId) : undefined, alive(at)))
    .returning();
}

/** Coarse on purpose: a busy token costs one write in five minutes. */
export async function touchToken(db: Db, id: string, at: Date, notSince: Date): Promise<void> {
  await db
    .update(tokens)
    .set({ lastUsedAt: at })
    .where(and(eq(tokens.id, id), or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, notSince))));
}

export async function serverIdsByName(db: Db, userId: string): Promise<Map<string, string>> {
  const rows = await db.select({ id: servers.id, name: servers.name }).from(servers).where(eq(servers.userId, userId));
  return new Map(rows.map((row) => [row.name, row.id]));
}
