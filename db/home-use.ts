import { and, eq, ne, sql } from "drizzle-orm";
import type { Tx } from "./client.ts";
import { homes } from "./schema/homes.ts";
import { reservations, servers } from "./schema/servers.ts";

/** A home, and whether another server has it too. */
export async function findHomeOfServer(
  tx: Tx,
  homeId: string,
  serverId: string,
): Promise<{ readonly home: typeof homes.$inferSelect; readonly shared: boolean } | undefined> {
  const others = tx
    .select({ one: sql`1` })
    .from(servers)
    .where(and(eq(servers.homeId, homeId), ne(servers.id, serverId)));
  const [row] = await tx
    .select({ home: homes, shared: sql<boolean>`exists ${others}` })
    .from(homes)
    .where(eq(homes.id, homeId));
  return row;
}

/** Two servers that share a home meet here. */
export async function lockHome(tx: Tx, homeId: string): Promise<void> {
  await tx.select({ id: homes.id }).from(homes).where(eq(homes.id, homeId)).for("no key update");
}

/** The name of another server that holds something and has this home. */
export async function otherServerWithHome(tx: Tx, homeId: string, serverId: string): Promise<string | undefined> {
  const [row] = await tx
    .select({ name: servers.name })
    .from(servers)
    .innerJoin(reservations, eq(reservations.serverId, servers.id))
    .where(and(eq(servers.homeId, homeId), ne(servers.id, serverId)))
    .limit(1);
  return row?.name;
}
