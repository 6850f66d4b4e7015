import { randomUUID } from "node:crypto";
import { findServerById } from "#db/servers.ts";
import { findSession } from "#db/sessions.ts";
import { rightsOf } from "#server/auth/rights.ts";
import { isHubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";
import { extendServer } from "./keep.ts";

/**
 * An hour more for a server whose own page asks, in the name of the session that has it open: the edge has checked that it is good and that
 * the page asks; whether it may is checked here as for every other way.
 */
export async function extendFromPage(
  hub: Hub,
  { serverId, sidHash }: { readonly serverId: string; readonly sidHash: string },
): Promise<{ ok: boolean }> {
  const [found, opened] = await Promise.all([findServerById(hub.db, serverId), findSession(hub.db, sidHash)]);
  if (found === undefined || opened === undefined) return { ok: false };
  const { session, user } = opened;
  if (session.revokedAt !== null || session.expiresAt <= hub.clock.now() || user.disabledAt !== null)
    return { ok: false };
  const scopes = await rightsOf(hub.db, hub.config.hub.loadRoles, user);
  const actor = { kind: "user", userId: user.id, name: user.name, sessionId: session.id, scopes } as const;
  const ctx = hub.contextFor(actor, { requestId: randomUUID(), clientAddress: "a page of the server" });
  return await extendServer(ctx, { user: found.ownerName, name: found.server.name }).then(
    () => ({ ok: true }),
    (error: unknown) => {
      if (isHubError(error)) return { ok: false };
      throw error;
    },
  );
}
