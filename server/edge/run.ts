import { Pool } from "undici";
import type { z } from "zod";
import { checkedBy, type HubAddress, originOf } from "#server/internal/hub-address.ts";
import type { RouteMessage, TargetMessage } from "#server/internal/messages.ts";
import { OpenExchanges } from "./open-exchanges.ts";
import { Polling } from "./polling.ts";

export type Target = z.infer<typeof TargetMessage>;

/** Who got in, as far as it decides whether they may stay. */
export type Visitor = {
  readonly userId: string;
  readonly sidHash: string | null;
  readonly tokenId: string | null;
  /** Epoch milliseconds at which the session, the token or the access itself ends. */
  readonly untilMs: number;
};

/** `session-ended`: this visitor may no longer. `route-changed`: the server went or moved. `closing`: the edge itself stops. */
export type EndReason = "session-ended" | "route-changed" | "closing";

/** A request or a WebSocket on its way. `visitor` is null where the server checks for itself. */
export type Exchange = {
  /** Where `OpenExchanges` keeps it; -1 when it is in none. */
  place: number;
  readonly visitor: Visitor | null;
  readonly webSocket: boolean;
  /** Bytes so far, both directions. */
  bytes(): number;
  /** Frames with data that the browser has sent. */
  clientFrames?(): number;
  end(reason: EndReason): void;
};

export type PoolTimes = { readonly connectTimeoutSeconds: number; readonly idleTimeoutSeconds: number };

/**
 * One run of one server: where it answers, the connections kept to it, who is inside. Connections are never shared between
 * runs: a pod's address is somebody else's the moment it is gone (kubernetes#115939, AgentENV#56).
 */
export class Run {
  route: RouteMessage;
  readonly #times: PoolTimes;
  #pool: Pool | null = null;
  readonly open = new OpenExchanges();
  lastActivityMs = 0;
  readonly #polling = new Polling();
  /** Of exchanges that are over. */
  closedBytes = 0;
  ended = false;

  constructor(route: RouteMessage, times: PoolTimes) {
    this.route = route;
    this.#times = times;
  }

  /** Somebody's request counts as activity, a page's own look for news doesn't. */
  noteRequest(method: string, target: string, opensPage: boolean, nowMs: number): void {
    if (this.#polling.isActivity(method, target, opensPage)) this.lastActivityMs = nowMs;
  }

  /** Made when the first request comes: most servers of a large portal are open in nobody's browser. */
  get pool(): Pool {
    this.#pool ??= poolTo(this.route.target, this.#times, 256);
    return this.#pool;
  }

  end(): void {
    this.ended = true;
    for (const exchange of [...this.open]) exchange.end("route-changed");
    void this.#pool?.destroy();
  }

  /** Ends what is open for everybody who no longer belongs here. */
  endWhere(gone: (visitor: Visitor) => boolean): void {
    for (const exchange of [...this.open])
      if (exchange.visitor !== null && gone(exchange.visitor)) exchange.end("session-ended");
  }
}

/** What makes a route another run: an address that changed under one pod UID is another place all the same (S-60). */
export function runKeyOf(route: RouteMessage): string {
  return JSON.stringify([route.runId, route.generation, route.target, route.inject, route.auth, route.stripPrefix]);
}

export function poolTo(target: HubAddress, times: PoolTimes, connections: number): Pool {
  return new Pool(originOf(target), {
    ...(target.kind === "unix" ? { socketPath: target.path } : {}),
    connect: checkedBy(target),
    connections,
    pipelining: 1,
    connectTimeout: times.connectTimeoutSeconds * 1000,
    headersTimeout: times.idleTimeoutSeconds * 1000,
    bodyTimeout: times.idleTimeoutSeconds * 1000,
    keepAliveTimeout: 4000,
    maxHeaderSize: 65_536,
  });
}
