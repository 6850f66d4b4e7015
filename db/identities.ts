import { and, eq } from "drizzle-orm";
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
