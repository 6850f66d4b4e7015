import type { Db } from "#db/client.ts";
import { touchServers } from "#db/servers.ts";
import type { ActivityReport } from "#server/internal/messages.ts";

/** Writes what an edge saw, all servers at once. A clock that runs ahead can't push activity into the future. */
export async function recordActivity(db: Db, report: ActivityReport, now: Date): Promise<null> {
  await touchServers(
    db,
    report.servers.map(({ serverId, runId, lastActivityAt }) => ({
      serverId,
      runId,
      at: new Date(Math.min(lastActivityAt, now.getTime())),
    })),
  );
  return null;
}
