import { findServerById, type ServerRow } from "#db/servers.ts";
import type { Clock } from "#server/clock.ts";
import type { Notifications } from "#server/notifications.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { phaseNow } from "./view.ts";

type Watching = { readonly notifications: Pick<Notifications, "on">; readonly clock: Clock };

/** The server once nothing of its last run is there any more; `undefined` when it still is after `forMs`, or when the row went. */
export async function untilStopped(
  { notifications, clock }: Watching,
  { db }: VerbContext,
  serverId: string,
  forMs: number,
): Promise<ServerRow | undefined> {
  const deadlineMs = clock.monotonicMs() + forMs;
  for (;;) {
    const changed = nextChange(notifications, serverId);
    try {
      const server = (await findServerById(db, serverId))?.server;
      if (server === undefined || phaseNow(server) === "stopped") return server;
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return undefined;
      await withinMs(clock, changed.promise, leftMs);
    } finally {
      changed.end();
    }
  }
}

/** Heard from before the row is read, so that no change falls between. */
function nextChange(notifications: Pick<Notifications, "on">, serverId: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const off = [
    notifications.on("server", (id) => id === serverId && resolve()),
    notifications.on("resync", () => resolve()),
  ];
  return { promise, end: () => off.forEach((stop) => void stop()) };
}

async function withinMs(clock: Clock, happens: Promise<void>, ms: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([happens, clock.sleep(ms, over.signal).catch(() => undefined)]);
  over.abort();
}
