import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createApiListener } from "#server/api/listener.ts";
import { Config } from "#server/config/schema.ts";
import { createEdge, type Edge } from "#server/edge/edge.ts";
import type { Hub } from "#server/hub.ts";
import { createInternalListener } from "#server/internal/listener.ts";
import { createLog } from "#server/log.ts";
import { Metrics } from "#server/metrics.ts";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { freshDatabase } from "#tests/database.ts";
import { ShiftedClock } from "#tests/shifted-clock.ts";
import { addUser, hubKeys, startHubOn, until } from "./hub-under-test.ts";
import { PortalVisitor } from "./portal-visitor.ts";
import { FakeSpawner } from "./spawner.ts";

/** `path`: every server under the portal's origin. `subdomain`: an origin a user. `https`: that, behind a TLS terminator. */
export type Mode = "path" | "subdomain" | "https";

export type PortalOptions = {
  readonly mode?: Mode;
  /** Put over the configuration the mode makes; `hub` is merged. */
  readonly config?: { readonly hub?: object } & Record<string, unknown>;
  /** A database that isn't one of the run's; it is left as it is. */
  readonly databaseUrl?: string;
  /** A portal whose database, backend and clock this one shares: a second hub with an edge of its own. */
  readonly beside?: Portal;
};

type Made = {
  readonly mode: Mode;
  readonly port: number;
  readonly url: URL;
  readonly spawner: FakeSpawner;
  readonly databaseUrl: string;
  readonly clock: ShiftedClock;
  readonly rawConfig: object;
  readonly folder: string;
  readonly closers: readonly (() => Promise<void>)[];
};

type RunningHub = { readonly hub: Hub; readonly listeners: readonly Server[]; readonly metrics: Metrics };

/** A whole portal on loopback: PostgreSQL, hub, listeners on Unix sockets, edge. Only the pages and the backend are made up. */
export class Portal extends PortalVisitor {
  readonly mode: Mode;
  readonly spawner: FakeSpawner;
  readonly databaseUrl: string;
  readonly clock: ShiftedClock;
  readonly config: Config;
  readonly #made: Made;
  #running: RunningHub | null = null;
  #edge: Edge | null = null;

  constructor(made: Made) {
    super({
      port: made.port,
      url: made.url,
      webInternalSocket: path.join(made.folder, "web-internal.sock"),
      originPerUser: made.mode !== "path",
    });
    this.mode = made.mode;
    this.spawner = made.spawner;
    this.databaseUrl = made.databaseUrl;
    this.clock = made.clock;
    this.config = Config.parse(made.rawConfig);
    this.#made = made;
  }

  get hub(): Hub {
    if (this.#running === null) throw new Error("the hub is stopped");
    return this.#running.hub;
  }

  get edge(): Edge {
    if (this.#edge === null) throw new Error("the edge is stopped");
    return this.#edge;
  }

  socketOf(listener: "api" | "edge" | "web" | "web-internal"): string {
    return path.join(this.#made.folder, `${listener}.sock`);
  }

  async startHub(): Promise<void> {
    const { databaseUrl, spawner, clock } = this;
    const hub = await startHubOn({ databaseUrl, spawner, clock, config: this.#made.rawConfig });
    const metrics = new Metrics();
    const api = createApiListener(hub, metrics, { trustedSocket: false });
    const forEdge = createInternalListener(hub, () => "edge");
    const forWeb = createInternalListener(hub, () => "web");
    await listenOn(api, { kind: "unix", path: this.socketOf("api") });
    await listenOn(forEdge, { kind: "unix", path: this.socketOf("edge") });
    await listenOn(forWeb, { kind: "unix", path: this.socketOf("web-internal") });
    this.#running = { hub, metrics, listeners: [api, forEdge, forWeb] };
  }

  async stopHub(): Promise<void> {
    const ending = this.#running;
    if (ending === null) return;
    this.#running = null;
    ending.metrics.stop();
    await Promise.all(ending.listeners.map((server) => closeServer(server)));
    await ending.hub.stop();
  }

  async restartHub(): Promise<void> {
    await this.stopHub();
    await this.startHub();
  }

  async startEdge(): Promise<void> {
    const created = this.makeEdge(this.port);
    this.#edge = created;
    await created.listen();
    await until(async () => created.ready(), "the edge's first snapshot");
  }

  /** An edge beside the portal's own, not listening yet. */
  makeEdge(port: number): Edge {
    const { edge, hub, proxy, cull } = this.config;
    return createEdge({
      listen: { host: "127.0.0.1", port },
      publicUrl: this.url,
      subdomainHost: hub.subdomainHost ?? null,
      trustedProxies: proxy.trustedProxies,
      verifyKeys: [hubKeys.publicKey],
      hubApi: { kind: "unix", path: this.socketOf("api") },
      web: { kind: "unix", path: this.socketOf("web") },
      internal: { target: { kind: "unix", path: this.socketOf("edge") }, key: null },
      offlineSeconds: edge.offlineSeconds,
      staleRoutes: edge.staleRoutes,
      notices: cull.notice,
      connectTimeoutSeconds: edge.connectTimeoutSeconds,
      idleTimeoutSeconds: edge.idleTimeoutSeconds,
      clock: this.clock,
      log: createLog("test", process.env.BERTH_TEST_LOG ?? "silent"),
    });
  }

  async stopEdge(): Promise<void> {
    const ending = this.#edge;
    this.#edge = null;
    await ending?.close(0);
  }

  async restartEdge(): Promise<void> {
    await this.stopEdge();
    await this.startEdge();
  }

  async stop(): Promise<void> {
    await this.stopEdge();
    await this.stopHub();
    for (const close of this.#made.closers) await close();
    rmSync(this.#made.folder, { recursive: true, force: true });
  }

  async addUsers(...names: readonly string[]): Promise<void> {
    for (const name of names) await addUser(this.hub, name);
  }

  async addAdmin(name: string): Promise<void> {
    await addUser(this.hub, name, true);
  }
}

export async function startPortal(options: PortalOptions = {}): Promise<Portal> {
  const { beside } = options;
  const mode = options.mode ?? beside?.mode ?? "path";
  const folder = mkdtempSync(path.join(tmpdir(), "berth-portal-"));
  const port = await freePort();
  const { url, ...usersHost } = addressesOf(mode, port);
  const web = createServer((_request, response) => response.end("web"));
  await listenOn(web, { kind: "unix", path: path.join(folder, "web.sock") });
  const closers = [() => closeServer(web)];
  const spawner = beside?.spawner ?? new FakeSpawner();
  if (beside === undefined) closers.push(async () => spawner.close());
  let databaseUrl = beside?.databaseUrl ?? options.databaseUrl;
  if (databaseUrl === undefined) {
    const database = await freshDatabase();
    databaseUrl = database.url;
    closers.push(() => database.drop());
  }
  const rawConfig = { ...options.config, hub: { publicUrl: url.origin, ...usersHost, ...options.config?.hub } };
  const clock = beside?.clock ?? new ShiftedClock();
  const portal = new Portal({ mode, port, url, spawner, databaseUrl, clock, rawConfig, folder, closers });
  await portal.startHub();
  await portal.startEdge();
  return portal;
}

function addressesOf(mode: Mode, port: number): { url: URL; subdomainHost?: string } {
  switch (mode) {
    case "path":
      return { url: new URL(`http://127.0.0.1:${port}`) };
    case "subdomain":
      return { url: new URL(`http://portal.localhost:${port}`), subdomainHost: `users.localhost:${port}` };
    case "https":
      return { url: new URL("https://portal.test"), subdomainHost: "users.test" };
  }
}
