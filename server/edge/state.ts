import type { KeyObject } from "node:crypto";
import type { Pool } from "undici";
import type { Clock } from "#server/clock.ts";
import { Portal } from "#server/config/portal.ts";
import type { HubAddress } from "#server/internal/hub-address.ts";
import type { Log } from "#server/log.ts";
import type { Authoriser } from "./authorise.ts";
import { type ClientAddresses, trustedProxies } from "./client-address.ts";
import { type Internal, type InternalClient, internalClient } from "./internal-client.ts";
import { Knowledge } from "./knowledge.ts";
import { type Brand, type Look, lookOf } from "./pages.ts";
import { type Site, siteOf } from "./route.ts";
import { poolTo } from "./run.ts";
import { SessionCache } from "./session-cache.ts";
import { HubStream } from "./stream.ts";
import { TokenCheck } from "./token-check.ts";

export type EdgeOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly publicUrl: URL;
  readonly brand?: Brand;
  readonly subdomainHost: string | null;
  readonly trustedProxies: readonly string[];
  readonly verifyKeys: readonly KeyObject[];
  readonly hubApi: HubAddress;
  readonly web: HubAddress;
  readonly internal: Internal;
  readonly offlineSeconds: number;
  /** New requests to servers while nobody knows whether the routes still hold: the hub is away, or has lost sight of what runs. */
  readonly staleRoutes: "serve" | "refuse";
  /** Tell in JupyterLab's page that its server will stop. */
  readonly notices?: boolean;
  readonly connectTimeoutSeconds: number;
  readonly idleTimeoutSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** The parts of a running edge, put together once. */
export type EdgeState = {
  readonly options: EdgeOptions;
  readonly site: Site;
  readonly look: Look;
  readonly addresses: ClientAddresses;
  readonly knowledge: Knowledge;
  readonly stream: HubStream;
  readonly client: InternalClient;
  readonly authoriser: Authoriser;
  readonly hubApi: Pool;
  readonly web: Pool;
};

export function createState(options: EdgeOptions): EdgeState {
  const { clock, log, internal, publicUrl, verifyKeys } = options;
  const knowledge = new Knowledge(options, clock);
  const client = internalClient(internal);
  return {
    options,
    site: siteOf(publicUrl, options.subdomainHost),
    look: lookOf(options.brand ?? Portal.parse({})),
    addresses: trustedProxies(options.trustedProxies),
    knowledge,
    stream: new HubStream({ internal, clock, log, onLine: (line) => knowledge.apply(line) }),
    client,
    authoriser: {
      publicUrl,
      sessions: new SessionCache(verifyKeys, "session", clock),
      enters: new SessionCache(verifyKeys, "enter", clock),
      tokens: new TokenCheck(client, clock),
      revocations: knowledge.revocations,
      clock,
    },
    hubApi: poolTo(options.hubApi, options, 512),
    web: poolTo(options.web, options, 512),
  };
}

/** Whether what the edge knows is good enough to let somebody in by it. */
export function admitsVisitors({ stream, options }: EdgeState): boolean {
  const { connection } = stream;
  if (connection.kind === "live") return true;
  if (connection.kind === "never" || options.staleRoutes === "refuse") return false;
  return options.clock.monotonicMs() - connection.sinceMs < options.offlineSeconds * 1000;
}

/** Whether the hub has lost sight of what runs, and nobody new may be let through to it until it is back. */
export function refusesStaleRoutes({ knowledge, options }: EdgeState): boolean {
  return options.staleRoutes === "refuse" && knowledge.staleSince !== null;
}
