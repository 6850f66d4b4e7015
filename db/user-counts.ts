import { count, gt } from "drizzle-orm";
import type { Db } from "./client.ts";
import { users } from "./schema/tables.ts";

const day = 86_400_000;

/** How many users there are, and how many were active lately; for the metrics. */
export async function countUsers(db: Db, now: Date): Promise<{ total: number; active: Record<"24h" | "7d" | "30d", number> }> {
  const since = async (days: number) => {
    const [row] = await db.select({ n: count() }).from(users).where(gt(users.lastActivityAt, new Date(now.getTime() - days * day)));
    return row?.n ?? 0;
  };
  const [[total], a, b, c] = await Promise.all([db.select({ n: count() }).from(users), since(1), since(7), since(30)]);
  return { total: total?.n ?? 0, active: { "24h": a, "7d": b, "30d": c } };
}
