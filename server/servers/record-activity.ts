import { type Db, inTransaction } from "#db/client.ts";
import { touchServers } from "#db/servers.ts";
import type { ActivityReport } from "#server/internal/messages.ts";

/**
 * Writes what an edge saw, all servers at once. How long ago it was is taken from the edge's clock, when it is from ours: a clock that
 * runs ahead can't push activity into the future, and one that is behind doesn't make people look idle (F-29).
 */
export async function recordActivity(db: Db, { sentAt, servers }: ActivityReport, now: Date): Promise<null> {
  const seen = servers.map(({ serverId, runId, lastActivityAt }) => ({
    serverId,
    runId,
    at: new Date(now.getTime() - Math.max(0, sentAt - lastActivityAt)),
  }));
  await inTransaction(db, (tx) => touchServers(tx, seen, now));
  return null;
}
