import { and, asc, eq, inArray, isNotNull, isNull, lte, or, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { identities, users } from "./schema/people.ts";
import type { User } from "./users.ts";

/** The user behind an account at a provider; the row stays locked, so that a change of rights waits for this login. */
export async function lockUserOfIdentity(tx: Tx, issuer: string, subject: string): Promise<User | undefined> {
  const [row] = await tx
    .select({ user: users })
    .from(identities)
    .innerJoin(users, eq(users.id, identities.userId))
    .where(and(eq(identities.issuer, issuer), eq(identities.subject, subject)))
    .for("update", { of: users });
  return row?.user;
}

export async function insertIdentity(tx: Tx, issuer: string, subject: string, userId: string): Promise<void> {
  await tx.insert(identities).values({ issuer, subject, userId });
}

export async function hasIdentity(db: Db | Tx, userId: string): Promise<boolean> {
  const rows = await db
    .select({ subject: identities.subject })
    .from(identities)
    .where(eq(identities.userId, userId))
    .limit(1);
  return rows.length > 0;
}

export type IdentityKey = { readonly issuer: string; readonly subject: string };

const isIdentity = ({ issuer, subject }: IdentityKey) =>
  and(eq(identities.issuer, issuer), eq(identities.subject, subject));

export async function storeRefreshToken(
  tx: Tx,
  key: IdentityKey,
  sealed: string | null,
  refreshedAt: Date,
): Promise<void> {
  await tx.update(identities).set({ refreshToken: sealed, refreshedAt }).where(isIdentity(key));
}

/** The sealed token as it is now; the row stays locked. */
export async function lockRefreshToken(tx: Tx, key: IdentityKey): Promise<string | null> {
  const [row] = await tx
    .select({ sealed: identities.refreshToken })
    .from(identities)
    .where(isIdentity(key))
    .for("no key update");
  return row?.sealed ?? null;
}

export type Refreshable = IdentityKey & { readonly userId: string; readonly sealed: string };

/**
 * Takes the turn to refresh this user's identities that weren't since `notSince`. One hub gets it: a token that changes at each use
 * must not be used twice.
 */
export async function claimRefreshes(
  db: Db,
  which: { readonly userId: string } | IdentityKey,
  notSince: Date,
  now: Date,
): Promise<Refreshable[]> {
  const due = or(isNull(identities.refreshedAt), lte(identities.refreshedAt, notSince));
  const rows = await db
    .update(identities)
    .set({ refreshedAt: now })
    .where(
      and(
        "userId" in which ? eq(identities.userId, which.userId) : isIdentity(which),
        isNotNull(identities.refreshToken),
        due,
      ),
    )
    .returning({
      issuer: identities.issuer,
      subject: identities.subject,
      userId: identities.userId,
      sealed: sql<string>`${identities.refreshToken}`,
    });
  return rows;
}

/** Whose groups weren't asked for since `notSince`, the longest first. */
export async function dueForRefresh(
  db: Db,
  issuers: readonly string[],
  notSince: Date,
  limit: number,
): Promise<readonly IdentityKey[]> {
  return await db
    .select({ issuer: identities.issuer, subject: identities.subject })
    .from(identities)
    .innerJoin(users, eq(users.id, identities.userId))
    .where(
      and(
        inArray(identities.issuer, [...issuers]),
        isNotNull(identities.refreshToken),
        or(isNull(identities.refreshedAt), lte(identities.refreshedAt, notSince)),
        isNull(users.disabledAt),
      ),
    )
    .orderBy(sql`${identities.refreshedAt} asc nulls first`, asc(identities.subject))
    .limit(limit);
}
