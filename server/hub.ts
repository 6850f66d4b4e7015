import type { KeyObject } from "node:crypto";
import { randomUUID } from "node:crypto";
import { createDb, type Db } from "#db/client.ts";
import { ensureInstallationId } from "#db/installation.ts";
import { attachClaim, findServerById, type ServerRow } from "#db/servers.ts";
import { appendStream, currentRevision } from "#db/stream.ts";
import type { ServerView } from "./api/views.ts";
import type { Actor, RequestOrigin } from "./auth/actor.ts";
import { beginGroupRefreshes } from "./auth/begin-group-refreshes.ts";
import { prepareVerification } from "./auth/password.ts";
import { createProviders, type IdentityProviders } from "./auth/providers.ts";
import { createGroupRefresher } from "./auth/refresh-groups.ts";
import { systemScopes } from "./auth/roles.ts";
import { createSeal } from "./auth/sealed.ts";
import type { Clock } from "./clock.ts";
import type { LiveConfig } from "./config/live-config.ts";
import { Culler } from "./culler/loop.ts";
import { HubError } from "./errors.ts";
import { beginHousekeeping } from "./housekeeping.ts";
import { Callers } from "./internal/callers.ts";
import { StreamSource } from "./internal/stream-source.ts";
import type { Log } from "./log.ts";
import { Notifications } from "./notifications.ts";
import { prefixFor } from "./servers/names.ts";
import { spawnOrderFor } from "./servers/order.ts";
import { ServerTurns } from "./servers/server-turns.ts";
import { stopServersOf } from "./servers/stop.ts";
import { serverViewOf, type ViewContext } from "./servers/view.ts";
import { Reconciler } from "./spawner/reconciler.ts";
import { specOf } from "./spawner/record.ts";
import type { Spawner } from "./spawner/spawner.ts";
import { TenancyKeeper } from "./tenancies/keeper.ts";
import { noTimings, type Timings } from "./timings.ts";
import { Turns } from "./turns.ts";
import { BudgetWatch } from "./usage/budget-watch.ts";
import { Remembered } from "./usage/remembered.ts";
import type { UsageOverview } from "./usage/views.ts";
import type { VerbContext } from "./verb-context.ts";

export type HubOptions = {
  readonly config: LiveConfig;
  readonly databaseUrl: string;
  readonly maxConnections: number;
  readonly signingKey: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly clock: Clock;
  readonly log: Log;
  readonly timings?: Timings;
  /** How the database is reached; a test cuts it off at a chosen statement. */
  readonly openDatabase?: typeof createDb;
  makeSpawner(
    db: Db,
    installationId: string,
  ): Promise<{ spawner: Spawner; limitsNote: string | null; trustNotes: readonly string[] }>;
};

/** How old the figures of the usage page may be. */
const overviewKeptMs = 60_000;

/** The hub of a process: everything a verb, a listener or the reconciler needs, made in one place and handed on. */
export type Hub = ViewContext & {
  readonly clock: Clock;
  readonly log: Log;
  readonly notifications: Notifications;
  readonly stream: StreamSource;
  readonly callers: Callers;
  readonly reconciler: Reconciler;
  readonly installationId: string;
  /** `config` is what it says now. */
  readonly liveConfig: LiveConfig;
  readonly signingKey: HubOptions["signingKey"];
  readonly trustNotes: readonly string[];
  readonly providers: IdentityProviders;
  readonly usageOverviews: Remembered<UsageOverview>;
  contextFor(actor: Actor, origin: RequestOrigin): VerbContext;
  systemContext(name: string): VerbContext;
  viewOf(serverId: string): Promise<ServerView>;
  /** Whether this hub can do its work: the database answers and tells us of changes. */
  ready(): Promise<boolean>;
  start(): void;
  stop(): Promise<void>;
};

const reconcilerConnections = 12;
/** A start is some 50 ms of the database: three at once are more than a cluster makes pods, and leave room for pages. */
const startsAtOnce = 3;

export async function createHub(options: HubOptions): Promise<Hub> {
  const { config: liveConfig, clock, log } = options;
  const timings = options.timings ?? noTimings;
  const open = (maxConnections: number) =>
    (options.openDatabase ?? createDb)(options.databaseUrl, {
      maxConnections,
      onError: ({ message }) => log.warn({ because: message }, "a database connection was lost"),
    });
  const connection = open(options.maxConnections);
  // Of its own: hundreds of servers that change at once would make every page wait behind them.
  const forReconciler = open(reconcilerConnections);
  const { db } = connection;
  const installationId = await ensureInstallationId(db);
  const { spawner, limitsNote, trustNotes } = await options.makeSpawner(forReconciler.db, installationId);
  const notifications = new Notifications(options.databaseUrl, clock, log);
  const stream = new StreamSource(db, clock, log, timings);
  const reconciler = new Reconciler({
    db: forReconciler.db,
    timings,
    spawner,
    clock,
    log,
    holder: randomUUID(),
    concurrentSpawnLimit: liveConfig.now.hub.concurrentSpawnLimit,
    orderFor: (found) => spawnOrderFor(forReconciler.db, liveConfig.now, found),
    readyPathFor: ({ server, ownerName }) => readyPathOf(server, ownerName),
    onSpawned: async (server, claimUid) => {
      if (server.homeId !== null && claimUid !== null) await attachClaim(forReconciler.db, server.homeId, claimUid);
    },
  });
  notifications.on("stream", () => stream.poke());
  notifications.on("wish", (serverId) => reconciler.poke(serverId));
  notifications.on("view", () => void stream.lookAtView());
  notifications.on("resync", () => {
    stream.poke();
    void stream.lookAtView();
  });

  const providers = createProviders(liveConfig.now, clock);
  const refreshing = { providers, seal: createSeal(options.signingKey.privateKey) };
  const refresher = createGroupRefresher(refreshing);
  const startTurns = new Turns(startsAtOnce);
  const serverTurns = new ServerTurns();
  const contextFor = (actor: Actor, origin: RequestOrigin): VerbContext => {
    const ctx: VerbContext = {
      actor,
      origin,
      db,
      config: liveConfig.now,
      clock,
      log,
      changes: { append: async (tx, records) => void (records.length > 0 && (await appendStream(tx, records))) },
      stopper: { stopServersOf: stopFor },
      refresher,
      startTurns,
      serverTurns,
    };
    return ctx;
  };
  const views: ViewContext = {
    db,
    spawner,
    limitsNote,
    get config() {
      return liveConfig.now;
    },
  };
  // Kept for as long as the hub runs, unlike that of a question.
  const systemContext = (name: string): VerbContext => ({
    ...contextFor({ kind: "system", name, scopes: systemScopes }, { requestId: randomUUID(), clientAddress: "local" }),
    get config() {
      return liveConfig.now;
    },
  });
  const endHousekeeping = beginHousekeeping(systemContext("housekeeping"), spawner);
  const endRefreshes = beginGroupRefreshes(systemContext("groups"), refreshing);
  const culler = new Culler(systemContext("culler"));
  const budgets = new BudgetWatch(systemContext("budget"));
  const tenancies = new TenancyKeeper({ ctx: systemContext("namespaces"), spawner });
  notifications.on("group", (groupId) => tenancies.poke(groupId));
  return {
    db,
    spawner,
    limitsNote,
    get config() {
      return liveConfig.now;
    },
    liveConfig,
    clock,
    log,
    notifications,
    stream,
    callers: new Callers(clock),
    reconciler,
    installationId,
    signingKey: options.signingKey,
    usageOverviews: new Remembered(clock, overviewKeptMs),
    trustNotes,
    providers,
    contextFor,
    systemContext,
    viewOf: async (serverId) => {
      const found = await findServerById(db, serverId);
      if (found === undefined) throw new HubError("not-found", "This server no longer exists.");
      return await serverViewOf(views, found);
    },
    ready: async () => {
      if (!notifications.connected) return false;
      return await currentRevision(db).then(
        () => true,
        () => false,
      );
    },
    start: () => {
      // The first login would else pay for a hash that is compared with when there is no such user.
      void prepareVerification();
      notifications.start();
      reconciler.start();
      culler.start();
      budgets.start();
      tenancies.start();
    },
    stop: async () => {
      await endHousekeeping();
      endRefreshes();
      await Promise.all([reconciler.stop(), culler.stop(), budgets.stop(), tenancies.stop()]);
      await notifications.stop();
      await spawner.disconnect?.();
      await Promise.all([connection.close(), forReconciler.close()]);
    },
  };
}

function readyPathOf(server: ServerRow, ownerName: string): string {
  const app = specOf(server)?.app;
  const prefix = app?.stripPrefix ? "/" : prefixFor(ownerName, server.name);
  return `${prefix}${app?.readyPath ?? ""}`;
}

/** What stops by itself with a log-out is what its profile, else the hub, says; a disabled account stops everything. */
async function stopFor(
  ctx: VerbContext,
  user: { readonly id: string; readonly name: string },
  reason: "logout" | "disabled",
): Promise<void> {
  await stopServersOf(
    ctx,
    user,
    reason,
    (server) => reason === "disabled" || (specOf(server)?.shutdownOnLogout ?? ctx.config.hub.shutdownOnLogout),
  );
}
