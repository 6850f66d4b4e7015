import type { Db, Tx } from "#db/client.ts";
import { findServerById, type ServerWithOwner } from "#db/servers.ts";
import type { Config } from "#server/config/schema.ts";
import { prefixFor } from "#server/servers/names.ts";
import { serverUrlFor } from "#server/servers/url.ts";
import { specOf } from "#server/spawner/record.ts";
import type { Scope } from "./scopes.ts";

const clientPrefix = "jupyterhub-server-";

/**
 * What a server with a login of its own is called here, and what it calls its login cookie. JupyterHub makes it from names; `a-b` and the
 * server `b` of `a` would then be one client (CVE-2020-15110).
 */
export function clientIdOf(serverId: string): string {
  return `${clientPrefix}${serverId}`;
}

/** The server behind a client id, whether it runs or not; `undefined` for what is none. */
export async function findClient(db: Db | Tx, clientId: string): Promise<ServerWithOwner | undefined> {
  const id = clientId.startsWith(clientPrefix) ? clientId.slice(clientPrefix.length) : "";
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
  const found = await findServerById(db, id);
  return found !== undefined && specOf(found.server)?.app.auth === "hub" ? found : undefined;
}

/** Where its login comes back to. A path where the server is under the portal's own origin, as JupyterHub has it; else a whole address. */
export function callbackOf(config: Config, { server, ownerName }: ServerWithOwner): string {
  const path = `${prefixFor(ownerName, server.name)}oauth_callback`;
  if (config.hub.subdomainHost === undefined) return path;
  const { name: serverName, originLabel } = server;
  return serverUrlFor(config, { ownerName, serverName, originLabel, path: "oauth_callback" });
}

/** What a login in this server hands out: who the visitor is, and the way into this one server. */
export function scopesOfLogin(visitor: string, { server, ownerName }: ServerWithOwner): readonly Scope[] {
  return [
    `read:users:name!user=${visitor}`,
    `read:users:groups!user=${visitor}`,
    `access:servers!server=${ownerName}/${server.name}`,
  ];
}
