import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createApiListener } from "#server/api/listener.ts";
import { systemClock } from "#server/clock.ts";
import { createEdge } from "#server/edge/edge.ts";
import type { Hub } from "#server/hub.ts";
import { createInternalListener } from "#server/internal/listener.ts";
import { createLog } from "#server/log.ts";
import { Metrics } from "#server/metrics.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { createLocalSpawner } from "#server/spawner/local.ts";
import { freshDatabase } from "#tests/database.ts";
import { hubKeys, startHubOn, until } from "./hub-under-test.ts";
import { PortalVisitor } from "./portal-visitor.ts";

export type StockPortal = PortalVisitor & {
  readonly hub: Hub;
  readonly apiUrl: string;
  /** What servers and programs asked the hub itself, past the edge: `200 GET /hub/api`. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
};

/** A portal whose servers are processes of this machine: hub, edge, local spawner, and the port servers call the hub on. */
export async function startStockPortal(jupyterCommand: string, config: object): Promise<StockPortal> {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-stock-"));
  chmodSync(folder, 0o711);
  const at = (name: string) => ({ kind: "unix", path: path.join(folder, name) }) as const;
  const [port, apiPort] = [await freePort(), await freePort()];
  const url = new URL(`http://127.0.0.1:${port}`);
  const apiUrl = `http://127.0.0.1:${apiPort}/hub/api`;
  const database = await freshDatabase();
  const log = createLog("test", process.env.BERTH_TEST_LOG ?? "silent");
  const spawner = createLocalSpawner({
    ...{ home: folder, jupyterCommand, installationId: randomUUID(), trustedUsers: true, clock: systemClock, log },
    graceSeconds: 3,
  });
  const hub = await startHubOn({
    databaseUrl: database.url,
    spawner,
    config: { ...config, hub: { publicUrl: url.origin, trustedUsers: true, apiUrl } },
  });
  const metrics = new Metrics();
  const asked: string[] = [];
  const forServers = createApiListener(hub, metrics, { trustedSocket: false });
  forServers.on("request", (request, response) =>
    response.on("finish", () => asked.push(`${response.statusCode} ${request.method} ${request.url}`)),
  );
  const web = createServer((_request, response) => response.end("web"));
  const listeners: [Server, Parameters<typeof listenOn>[1]][] = [
    [createApiListener(hub, metrics, { trustedSocket: false }), at("api.sock")],
    [createInternalListener(hub, () => "edge"), at("edge.sock")],
    [createInternalListener(hub, () => "web"), at("web-internal.sock")],
    [forServers, { kind: "tcp", host: "127.0.0.1", port: apiPort }],
    [web, at("web.sock")],
  ];
  for (const [server, target] of listeners) await listenOn(server, target);
  const { edge: settings, proxy, cull } = hub.config;
  const edge = createEdge({
    ...{ listen: { host: "127.0.0.1", port }, publicUrl: url, subdomainHost: null, verifyKeys: [hubKeys.publicKey] },
    ...{ trustedProxies: proxy.trustedProxies, notices: cull.notice, staleRoutes: settings.staleRoutes },
    ...{ hubApi: at("api.sock"), web: at("web.sock"), internal: { target: at("edge.sock"), key: null } },
    ...{ offlineSeconds: 60, connectTimeoutSeconds: 5, idleTimeoutSeconds: 60, clock: systemClock, log },
  });
  await edge.listen();
  await until(async () => edge.ready(), "the edge's first snapshot");
  const visitor = new PortalVisitor({
    ...{ port, url, originPerUser: false },
    webInternalSocket: at("web-internal.sock").path,
  });
  const stop = async () => {
    for (const { ref } of await spawner.observeAll(AbortSignal.timeout(5000)))
      await until(
        async () => (await spawner.stop(ref, AbortSignal.timeout(5000))).kind === "gone",
        "the end of a server",
      );
    await edge.close(0);
    metrics.stop();
    await Promise.all(listeners.map(([server]) => closeServer(server)));
    await hub.stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  };
  return Object.assign(visitor, { hub, apiUrl, asked, stop });
}
