import { allServers } from "#db/servers.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { routeFor } from "./edge-message.ts";

/** A route as configurable-http-proxy tells of one. The secrets of servers aren't part of it. */
export type ProxyRoute = {
  readonly routespec: string;
  readonly target: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Where the edges lead, by path. */
export async function listRoutes(ctx: VerbContext): Promise<Record<string, ProxyRoute>> {
  await requireScope(ctx, "proxy", "everything");
  const routes: Record<string, ProxyRoute> = {};
  for (const found of await allServers(ctx.db)) {
    const route = routeFor(found, []);
    if (route === null) continue;
    const { prefix, target, ownerName, serverName } = route;
    const data = {
      ...{ user: ownerName, server_name: serverName, jupyterhub: true },
      last_activity: found.server.lastActivityAt,
    };
    const address = target.kind === "tcp" ? `http://${target.host}:${target.port}` : `unix:${target.path}`;
    routes[prefix] = { routespec: prefix, target: address, data };
  }
  return routes;
}
