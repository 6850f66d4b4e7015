import { chmodSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { basename } from "node:path";
import { migrate } from "#db/migrate.ts";
import { createApiListener } from "#server/api/listener.ts";
import { loadSigningKey } from "#server/auth/signing-key.ts";
import { systemClock } from "#server/clock.ts";
import { LiveConfig } from "#server/config/live-config.ts";
import type { Config } from "#server/config/schema.ts";
import { createHub, type Hub } from "#server/hub.ts";
import { parseAddress } from "#server/internal/hub-address.ts";
import { createInternalListener, roleByKey } from "#server/internal/listener.ts";
import type { Log } from "#server/log.ts";
import { Metrics } from "#server/metrics.ts";
import { readCertificate } from "./certificates.ts";
import { type ConfigFile, followConfig } from "./follow-config.ts";
import type { HomePaths } from "./home.ts";
import { closeServer, listenOn } from "./listen.ts";
import { makeSpawner } from "./make-spawner.ts";
import { withOwnNamespace } from "./own-namespace.ts";
import { withServersApi, withServersApiOf } from "./servers-api.ts";
import { untilDatabaseAnswers } from "./wait-for-database.ts";

export type HubRole = { readonly hub: Hub; stop(): Promise<void> };

export type HubRoleOptions = {
  readonly config: Config;
  /** Followed while the hub runs. */
  readonly configFile?: ConfigFile | undefined;
  readonly paths: HomePaths;
  readonly databaseUrl: string;
  /** The `jupyter` to run servers with; local backend only. */
  readonly jupyter: string | null;
  /** Owner of the sockets web uses, when web runs as another uid. */
  readonly webOwner: { readonly uid: number; readonly gid: number } | undefined;
  readonly log: Log;
  /** Gives a start up that still waits for its database. */
  readonly signal?: AbortSignal;
};

/** The hub: database, reconciler, API and internal listeners. */
export async function startHubRole(options: HubRoleOptions): Promise<HubRole> {
  const { paths, log } = options;
  const settle = async (config: Config) => await withServersApi(withOwnNamespace(config), paths.serversApiPort);
  const config = await settle(options.config);
  const { configFile } = options;
  const live = new LiveConfig(config, configFile && { file: basename(configFile.file), at: systemClock.now() });
  if (config.hub.db.url !== undefined) await untilDatabaseAnswers(options);
  await migrate(options.databaseUrl);
  const signingKey = await loadSigningKey({ file: config.hub.signingKeyFile ?? paths.signingKey });
  writeFileSync(paths.verifyKey, signingKey.publicPem);
  chmodSync(paths.verifyKey, 0o644);
  const metrics = new Metrics();
  const hub = await createHub({
    timings: metrics,
    config: live,
    databaseUrl: options.databaseUrl,
    maxConnections: 16,
    signingKey,
    clock: systemClock,
    log,
    makeSpawner: (db, installationId) =>
      makeSpawner({ config: live, home: paths.home, jupyter: options.jupyter, db, installationId, log }),
  });
  const servers = await openListeners(hub, metrics, { ...options, config });
  hub.start();
  const ended = new AbortController();
  const following =
    configFile &&
    followConfig(
      { source: configFile, live, settle: (next) => settle(withServersApiOf(live.now, next)), clock: systemClock, log },
      ended.signal,
    );
  metrics.startup.set(process.uptime());
  return {
    hub,
    stop: async () => {
      metrics.stop();
      ended.abort(new Error("the hub ends"));
      await following;
      await Promise.all(servers.map((server) => closeServer(server)));
      await hub.stop();
    },
  };
}

async function openListeners(
  hub: Hub,
  metrics: Metrics,
  { config, paths, webOwner }: HubRoleOptions,
): Promise<Server[]> {
  const { internal, apiListen } = config.hub;
  const admin = createApiListener(hub, metrics, { trustedSocket: true });
  const api = createApiListener(hub, metrics, { trustedSocket: false });
  const forEdge = createInternalListener(hub, () => "edge");
  const forWeb = createInternalListener(hub, () => "web");
  const apiForWeb = createApiListener(hub, metrics, { trustedSocket: false });
  const servers = [admin, api, apiForWeb, forEdge, forWeb];
  await listenOn(admin, { kind: "unix", path: paths.adminSocket });
  await listenOn(api, { kind: "unix", path: paths.apiSocket });
  await listenOn(apiForWeb, { kind: "unix", path: paths.webApiSocket }, webOwner);
  await listenOn(forEdge, { kind: "unix", path: paths.edgeSocket });
  await listenOn(forWeb, { kind: "unix", path: paths.webInternalSocket }, webOwner);
  if (apiListen !== undefined) {
    const remote = createApiListener(hub, metrics, { trustedSocket: false });
    await listenOn(remote, parseAddress(apiListen));
    servers.push(remote);
  }
  const certificate = readCertificate(internal.tls);
  if (internal.apiListen !== undefined) {
    const remote = createApiListener(hub, metrics, { trustedSocket: false, certificate });
    await listenOn(remote, parseAddress(internal.apiListen));
    servers.push(remote);
  }
  if (internal.listen !== undefined) {
    const keys = { edge: internal.edgeKey ?? null, web: internal.webKey ?? null };
    const remote = createInternalListener(hub, roleByKey(keys), certificate);
    await listenOn(remote, parseAddress(internal.listen));
    servers.push(remote);
  }
  return servers;
}
