import { and, asc, count, eq, isNotNull, isNull, like, lt, or, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groups } from "./schema/groups.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { reservations, servers } from "./schema/servers.ts";

export const homeStates = ["kept", "orphaned", "deleted"] as const;
export type HomeState = (typeof homeStates)[number];

export type HomeLine = {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly owner: string;
  readonly group: string | null;
  readonly server: string | null;
  readonly capacityBytes: number;
  readonly usedBytes: number | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly orphanedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly removeAfter: Date | null;
};

export type HomeQuestion = {
  readonly search: string;
  readonly state: HomeState | null;
  readonly groupId: string | null;
  readonly sort: "owner" | "-owner" | "lastUsed" | "-lastUsed" | "size" | "-size";
  readonly limit: number;
  readonly offset: number;
};

const states: Record<HomeState, SQL | undefined> = {
  kept: and(isNull(homes.deletedAt), isNull(homes.orphanedAt)),
  orphaned: and(isNull(homes.deletedAt), isNotNull(homes.orphanedAt)),
  deleted: isNotNull(homes.deletedAt),
};
const columns = { owner: users.name, lastUsed: homes.lastUsedAt, size: homes.capacityBytes };

/** One page of the homes whose files still exist. */
export async function searchHomes(db: Db, question: HomeQuestion): Promise<{ items: HomeLine[]; total: number }> {
  const pattern = `%${question.search.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`;
  // Names of homes, as of users, are in lower case: they are those of claims and folders (server/servers/names.ts).
  const named = or(
    sql`${homes.userId} in (select ${users.id} from ${users} where ${like(users.name, pattern)})`,
    like(homes.name, pattern),
  );
  const where = and(
    isNull(homes.removedAt),
    question.search === "" ? undefined : named,
    question.state === null ? undefined : states[question.state],
    question.groupId === null ? undefined : eq(homes.groupId, question.groupId),
  );
  const column = columns[question.sort.replace("-", "") as keyof typeof columns];
  const order = question.sort.startsWith("-") ? sql`${column} desc nulls last` : sql`${column} asc nulls last`;
  const [items, [total]] = await Promise.all([
    db
      .select({
        id: homes.id,
        name: homes.name,
        namespace: homes.namespace,
        owner: users.name,
        group: groups.name,
        server: servers.name,
        capacityBytes: homes.capacityBytes,
        usedBytes: homes.usedBytes,
        createdAt: homes.createdAt,
        lastUsedAt: homes.lastUsedAt,
        orphanedAt: homes.orphanedAt,
        deletedAt: homes.deletedAt,
        removeAfter: homes.removeAfter,
      })
      .from(homes)
      .innerJoin(users, eq(users.id, homes.userId))
      .leftJoin(groups, eq(groups.id, homes.groupId))
      .leftJoin(servers, eq(servers.id, homes.serverId))
      .where(where)
      .orderBy(order, asc(homes.id))
      .limit(question.limit)
      .offset(question.offset),
    db.select({ n: count() }).from(homes).where(where),
  ]);
  return { items, total: total?.n ?? 0 };
}

type Home = typeof homes.$inferSelect;
export type HomeAndOwner = { readonly home: Home; readonly owner: string; readonly group: string | null };

/** Locks the home: a start that plans to use it and a deletion come one after the other. */
export async function lockHomeWithOwner(tx: Tx, id: string): Promise<HomeAndOwner | undefined> {
  const [home] = await tx.select().from(homes).where(eq(homes.id, id)).for("update");
  if (home === undefined) return undefined;
  const [owner] = await tx.select({ name: users.name }).from(users).where(eq(users.id, home.userId));
  const [group] =
    home.groupId === null ? [] : await tx.select({ name: groups.name }).from(groups).where(eq(groups.id, home.groupId));
  return { home, owner: owner?.name ?? "", group: group?.name ?? null };
}

/** Whether something that holds this home runs, or may. */
export async function isHomeInUse(tx: Tx, homeId: string): Promise<boolean> {
  const rows = await tx
    .select({ one: sql`1` })
    .from(servers)
    .innerJoin(reservations, eq(reservations.serverId, servers.id))
    .where(eq(servers.homeId, homeId))
    .limit(1);
  return rows.length > 0;
}

export async function setHomeDeleted(
  tx: Tx,
  id: string,
  at: { deletedAt: Date; removeAfter: Date } | null,
): Promise<void> {
  await tx
    .update(homes)
    .set(at ?? { deletedAt: null, removeAfter: null })
    .where(eq(homes.id, id));
}

/** Deleted homes whose time to be brought back is over, oldest first. */
export async function homesToRemove(db: Db, now: Date, limit: number): Promise<Home[]> {
  return await db
    .select()
    .from(homes)
    .where(and(isNull(homes.removedAt), isNotNull(homes.deletedAt), lt(homes.removeAfter, now)))
    .orderBy(asc(homes.removeAfter))
    .limit(limit);
}

export async function setHomeRemoved(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.update(homes).set({ removedAt: at }).where(eq(homes.id, id));
}
