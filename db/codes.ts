import { and, eq, lt } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { codes } from "./schema/people.ts";

export type Code = typeof codes.$inferSelect;

export async function insertCode(tx: Tx, code: Code): Promise<void> {
  await tx.insert(codes).values(code);
}

/**
 * Takes a code out, so that of many who bring it at once exactly one gets it. The row comes back even when it has
 * expired: the caller tells "too late" from "never heard of".
 */
export async function redeemCode(tx: Tx, hash: string, purpose: Code["purpose"]): Promise<Code | undefined> {
  const [row] = await tx
    .delete(codes)
    .where(and(eq(codes.hash, hash), eq(codes.purpose, purpose)))
    .returning();
  return row;
}

export async function forgetCodesExpiredBefore(db: Db | Tx, at: Date): Promise<void> {
  await db.delete(codes).where(lt(codes.expiresAt, at));
}
