import { and, desc, eq, gt, isNull, lt, ne, notInArray, or } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { sessions, tokens, users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import type { User } from "./users.ts";

export type Token = typeof tokens.$inferSelect;

export async function insertToken(tx: Tx, values: typeof tokens.$inferInsert): Promise<Token> {
  const [row] = await tx.insert(tokens).values(values).returning();
  if (row === undefined) throw new Error("the database kept no token row");
  return row;
}

/** The token, while it works: neither it nor what it was made for is over, and its user's account is open. */
export async function findLiveToken(
  db: Db | Tx,
  hash: string,
  now: Date,
): Promise<{ token: Token; user: User } | undefined> {
  const [row] = await db
    .select({ token: tokens, user: users })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.userId))
    .leftJoin(servers, eq(servers.id, tokens.serverId))
    .leftJoin(sessions, eq(sessions.id, tokens.sessionId))
    .where(and(eq(tokens.hash, hash), works(now)));
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

/** Not once the run that `servers` speaks of is over, or was called off before anything of it was there. */
const runGoesOn = () =>
  or(
    notInArray(servers.phase, ["stopped", "failed"]),
    and(ne(servers.phaseGeneration, servers.generation), eq(servers.desired, "running")),
  );

/** Takes a left join of `servers` and `sessions`. A run and a login end without a write to the tokens that came of them. */
const works = (now: Date) =>
  and(
    alive(now),
    isNull(users.disabledAt),
    or(isNull(tokens.generation), and(eq(servers.generation, tokens.generation), runGoesOn())),
    or(isNull(tokens.sessionId), and(isNull(sessions.revokedAt), gt(sessions.expiresAt, now))),
  );

export async function isTokenLive(db: Db | Tx, id: string, now: Date): Promise<boolean> {
  const rows = await db
    .select({ id: tokens.id })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.userId))
    .leftJoin(servers, eq(servers.id, tokens.serverId))
    .leftJoin(sessions, eq(sessions.id, tokens.sessionId))
    .where(and(eq(tokens.id, id), works(now)));
  return rows.length === 1;
}

/** People's own tokens that still work; those made for a server are the server's business. */
export async function listTokensOf(db: Db, userId: string, now: Date): Promise<Token[]> {
  return await db
    .select()
    .from(tokens)
    .where(and(eq(tokens.userId, userId), eq(tokens.kind, "user"), alive(now)))
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
    .where(and(eq(tokens.userId, userId), which === "own" ? eq(tokens.kind, "user") : undefined, alive(at)))
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

/** What was made for runs of this server before this one. */
export async function revokeTokensOfRunsBefore(
  tx: Tx,
  run: { readonly serverId: string; readonly generation: number },
  at: Date,
): Promise<Token[]> {
  return await tx
    .update(tokens)
    .set({ revokedAt: at })
    .where(and(eq(tokens.serverId, run.serverId), lt(tokens.generation, run.generation), alive(at)))
    .returning();
}

/** Everything that was given for this code. */
export async function revokeTokensOfCode(tx: Tx, codeHash: string, at: Date): Promise<Token[]> {
  return await tx
    .update(tokens)
    .set({ revokedAt: at })
    .where(and(eq(tokens.codeHash, codeHash), alive(at)))
    .returning();
}

/** Tokens of servers and of logins in them; those people made stay in the list of what was theirs. */
export async function forgetServerTokensEndedBefore(db: Db, at: Date): Promise<void> {
  await db.delete(tokens).where(and(ne(tokens.kind, "user"), or(lt(tokens.expiresAt, at), lt(tokens.revokedAt, at))));
}
