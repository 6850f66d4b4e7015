import { activeServers } from "#db/servers.ts";
import { findUserById } from "#db/users.ts";
import type { Hub } from "#server/hub.ts";
import { stopRow } from "./stop.ts";

/** Stops every server and waits until they are gone, for at most this long: Ctrl-C on one machine. */
export async function stopAllServers(hub: Hub, withinSeconds: number): Promise<void> {
  const ctx = hub.systemContext("shutdown");
  for (const server of await activeServers(hub.db)) {
    const owner = await findUserById(hub.db, server.userId);
    await stopRow(ctx, server, owner?.name ?? "", "hub");
  }
  const deadline = hub.clock.monotonicMs() + withinSeconds * 1000;
  while (hub.clock.monotonicMs() < deadline && (await activeServers(hub.db)).length > 0) await hub.clock.sleep(100);
}
