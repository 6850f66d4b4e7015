import { systemClock } from "#server/clock.ts";
import type { Config } from "#server/config/schema.ts";
import { createEdge } from "#server/edge/edge.ts";
import { parseAddress } from "#server/internal/hub-address.ts";
import type { Log } from "#server/log.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import { readPem } from "./certificates.ts";
import type { HomePaths } from "./home.ts";
import { obtainVerifyKey } from "./verify-key.ts";

type EdgeOptions = {
  readonly config: Config;
  readonly paths: HomePaths;
  readonly log: Log;
  /** Gives a start up that still waits for its hub. */
  readonly signal?: AbortSignal;
};

/** The edge, beside its hub over Unix sockets or far from it over addresses with a key. */
export async function startEdgeRole({ config, paths, log, signal }: EdgeOptions) {
  const { hub, proxy, edge, cull } = config;
  const ca = readPem(hub.caFile);
  const roleKey = hub.internal.edgeKey;
  const verifyKey = await obtainVerifyKey({ config, paths, log, roleKey, ...(signal === undefined ? {} : { signal }) });
  const [host, port] = splitListen(proxy.listen);
  const created = createEdge({
    listen: { host, port },
    publicUrl: new URL(publicUrlOf(config)),
    brand: config.portal,
    subdomainHost: hub.subdomainHost ?? null,
    trustedProxies: proxy.trustedProxies,
    verifyKeys: [verifyKey.key],
    hubApi: parseAddress(hub.apiConnectUrl ?? paths.apiSocket, ca),
    web: parseAddress(proxy.webConnectUrl ?? paths.webSocket, ca),
    internal: {
      target: parseAddress(hub.connectUrl ?? paths.edgeSocket, ca),
      key: hub.connectUrl === undefined ? null : (hub.internal.edgeKey ?? null),
    },
    offlineSeconds: edge.offlineSeconds,
    staleRoutes: edge.staleRoutes,
    notices: cull.notice,
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
