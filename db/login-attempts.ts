import { inArray, lt, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { loginAttempts } from "./schema/people.ts";

/**
 * Counts an attempt before its outcome is known, so that a hundred at once can't all pass a check that ran before any
 * of them was counted. A window that is over starts again at one.
 */
export async function countAttempt(
  db: Db,
  key: string,
  windowSeconds: number,
  now: Date,
): Promise<{ attempts: number; windowStart: Date }> {
  const windowFloor = new Date(now.getTime() - windowSeconds * 1000);
  const over = sql`${loginAttempts.windowStart} <= ${windowFloor.toISOString()}::timestamptz`;
  const [row] = await db
    .insert(loginAttempts)
    .values({ key, failures: 1, windowStart: now })
    .onConflictDoUpdate({
      target: loginAttempts.key,
      set: {
        failures: sql`case when ${over} then 1 else ${loginAttempts.failures} + 1 end`,
        windowStart: sql`case when ${over} then excluded.window_start else ${loginAttempts.windowStart} end`,
      },
    })
    .returning();
  if (row === undefined) throw new Error("the database kept no login attempt");
  return { attempts: row.failures, windowStart: row.windowStart };
}

/** An attempt that turned out right is no failure: it is taken back. */
export async function uncountAttempts(db: Db, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await db
    .update(loginAttempts)
    .set({ failures: sql`greatest(0, ${loginAttempts.failures} - 1)` })
    .where(inArray(loginAttempts.key, [...keys]));
}

export async function forgetAttemptsBefore(db: Db, at: Date): Promise<void> {
  await db.delete(loginAttempts).where(lt(loginAttempts.windowStart, at));
}
