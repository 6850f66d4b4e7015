import { systemClock } from "#server/clock.ts";
import type { Config } from "#server/config/schema.ts";
import { createEdge } from "#server/edge/edge.ts";
import type { Log } from "#server/log.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import type { HomePaths } from "./home.ts";

import { parseTarget } from "./listen.ts";
import { readVerifyKey } from "./verify-key.ts";

/** The edge, beside its hub over Unix sockets or far from it over addresses with a key. */
export async function startEdgeRole({ config, paths, log }: { config: Config; paths: HomePaths; log: Log }) {
  const { hub, proxy, edge } = config;
  const [host, port] = splitListen(proxy.listen);
  const created = createEdge({
    listen: { host, port },
    publicUrl: new URL(publicUrlOf(config)),
    subdomainHost: hub.subdomainHost ?? null,
    trustedProxies: proxy.trustedProxies,
    verifyKeys: [readVerifyKey(config, paths).key],
    hubApi: parseTarget(hub.apiConnectUrl ?? paths.apiSocket),
    web: parseTarget(proxy.webConnectUrl ?? paths.webSocket),
    internal: {
      target: parseTarget(hub.connectUrl ?? paths.edgeSocket),
      key: hub.connectUrl === undefined ? null : (hub.internal.edgeKey ?? null),
    },
    offlineSeconds: edge.offlineSeconds,
    staleRoutes: edge.staleRoutes,
    connectTimeoutSeconds: edge.connectTimeoutSeconds,
    idleTimeoutSeconds: edge.idleTimeoutSeconds,
    clock: systemClock,
    log,
  });
  await created.listen();
  return created;
}

export function splitListen(listen: string): [host: string, port: number] {
  const at = listen.lastIndexOf(":");
  return [listen.slice(0, at).replace(/^\[|\]$/g, ""), Number(listen.slice(at + 1))];
}
