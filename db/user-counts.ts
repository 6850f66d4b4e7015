import { and, count, eq, gt, isNotNull, isNull, or } from "drizzle-orm";
import type { Db } from "./client.ts";
import { identities, users } from "./schema/people.ts";

const day = 86_400_000;

/** How many users there are, and how many were active lately; for the metrics. */
export async function countUsers(
  db: Db,
  now: Date,
): Promise<{ total: number; active: Record<"24h" | "7d" | "30d", number> }> {
  const since = async (days: number) => {
    const [row] = await db
      .select({ n: count() })
      .from(users)
      .where(gt(users.lastActivityAt, new Date(now.getTime() - days * day)));
    return row?.n ?? 0;
  };
  const [[total], a, b, c] = await Promise.all([db.select({ n: count() }).from(users), since(1), since(7), since(30)]);
  return { total: total?.n ?? 0, active: { "24h": a, "7d": b, "30d": c } };
}

/** An admin with a password or a provider's identity; the one made by a first-start link has neither. */
export async function hasAdminWhoCanLogIn(db: Db): Promise<boolean> {
  const rows = await db
    .select({ id: users.id })
    .from(users)
    .leftJoin(identities, eq(identities.userId, users.id))
    .where(
      and(
        eq(users.admin, true),
        isNull(users.disabledAt),
        or(isNotNull(users.passwordHash), isNotNull(identities.subject)),
      ),
    )
    .limit(1);
  return rows.length > 0;
}
