import { type Db, inTransaction } from "#db/client.ts";
import { touchServers } from "#db/servers.ts";
import { lockTimeoutOf } from "#db/unavailable.ts";
import type { ActivityReport } from "#server/internal/messages.ts";

const lockTimeoutMs = 2000;

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
  await touchInTime(db, seen, now);
  return null;
}

/** One server that is locked for long loses this news of it; the news of everybody else is kept (F-14). */
export async function touchInTime(db: Db, seen: Parameters<typeof touchServers>[1], now: Date): Promise<void> {
  try {
    await inTransaction(db, (tx) => touchServers(tx, seen, now), { lockTimeoutMs });
  } catch (error) {
    if (lockTimeoutOf(error) === null) throw error;
    await inTransaction(db, (tx) => touchServers(tx, seen, now, "free"), { lockTimeoutMs });
  }
}
