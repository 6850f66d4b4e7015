import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { z } from "zod";
import { ActivityWatch } from "./activity.ts";
import { handleRequest } from "./handle-request.ts";
import { handleUpgrade } from "./handle-upgrade.ts";
import { admitsVisitors, createState, type EdgeOptions, type EdgeState } from "./state.ts";

export type Edge = {
  listen(): Promise<AddressInfo>;
  /**
   * Takes nobody new, lets requests in hand end for so long and WebSockets be for so long, then tells those that are left to come back
   * (1012) and ends the rest.
   */
  close(requestSeconds: number, webSocketSeconds?: number): Promise<void>;
  /** Whether it can do its work: it knows the routes, and recently enough. */
  ready(): boolean;
  readonly address: AddressInfo | null;
};

const lookEveryMs = 1000;
const reportEveryLooks = 30;

/** The only public listener: everything comes in here, and nothing is believed. */
export function createEdge(options: EdgeOptions): Edge {
  const state = createState(options);
  const server = createListener(state);
  const ending = new AbortController();
  let watching: Promise<void> = Promise.resolve();
  let draining = false;
  let address: AddressInfo | null = null;

  return {
    async listen() {
      state.stream.start();
      watching = watch(state, ending.signal);
      address = await listenAt(server, options.listen);
      return address;
    },
    async close(requestSeconds, webSocketSeconds = 0) {
      draining = true;
      await drain(state, server, { requestSeconds, webSocketSeconds });
      ending.abort();
      await Promise.all([watching, state.stream.close()]);
      state.knowledge.routes.replaceAll([], []);
      await Promise.all([state.hubApi.destroy(), state.web.destroy(), state.client.close()]);
    },
    ready: () => !draining && admitsVisitors(state),
    get address() {
      return address;
    },
  };
}

function createListener(state: EdgeState): Server {
  const { idleTimeoutSeconds } = state.options;
  const server = createServer({
    maxHeaderSize: 32 * 1024,
    requireHostHeader: true,
    insecureHTTPParser: false,
    // A head may not trickle in; a body may take as long as it flows, `timeout` below ends one that doesn't.
    headersTimeout: 15_000,
    requestTimeout: 0,
    connectionsCheckingInterval: 2000,
    keepAliveTimeout: 65_000,
    noDelay: true,
  });
  // Node would silently leave out what goes beyond; the head's size and our own count limit it instead.
  server.maxHeadersCount = 0;
  server.maxConnections = 50_000;
  // Later than the same limit towards the server behind, which knows better whose silence it was.
  server.timeout = idleTimeoutSeconds * 1000 + 5000;
  const answers = new WeakMap<Socket, ServerResponse>();
  const take = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    answers.set(request.socket, response);
    handleRequest(state, request, response, expectsContinue);
  };
  server.on("request", (request, response) => take(request, response, false));
  server.on("checkContinue", (request, response) => take(request, response, true));
  server.on("upgrade", (request, socket: Socket, head) => {
    // Sent behind a request that isn't answered yet: two answers would run into one another.
    if (answers.get(socket)?.closed === false) socket.destroy();
    else handleUpgrade(state, request, socket, head);
  });
  server.on("connect", (_request, socket) => socket.end("HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n"));
  return server;
}

async function listenAt(server: Server, { host, port }: EdgeOptions["listen"]): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the edge listens on no port");
  return address;
}

/** Once a second: who has to leave, and where something happens; now and then the hub is told. */
async function watch(state: EdgeState, signal: AbortSignal): Promise<void> {
  const { clock, log } = state.options;
  const { knowledge, client } = state;
  const activity = new ActivityWatch();
  for (let looks = 1; ; looks++) {
    await clock.sleep(lookEveryMs, signal).catch(() => undefined);
    activity.look(knowledge.routes.runs(), clock.now().getTime());
    knowledge.putOut();
    const isDue = looks % reportEveryLooks === 0 || activity.hasComeback(knowledge.routes.runs());
    if (!signal.aborted && !isDue) continue;
    const report = activity.report(knowledge.routes.runs(), clock.now().getTime());
    if (report !== null)
      await client.ask("/internal/activity", report.message, z.unknown()).then(report.taken, (error: unknown) => {
        log.warn({ err: error }, "the hub did not take the report on activity; the next one covers it");
      });
    if (signal.aborted) return;
  }
}

type Patience = { readonly requestSeconds: number; readonly webSocketSeconds: number };

async function drain(state: EdgeState, server: Server, patience: Patience): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const { clock } = state.options;
  const startedMs = clock.monotonicMs();
  const isWithin = (seconds: number) => clock.monotonicMs() - startedMs < seconds * 1000;
  while (
    (hasOpen(state, "request") && isWithin(patience.requestSeconds)) ||
    (hasOpen(state, "webSocket") && isWithin(patience.webSocketSeconds))
  )
    await clock.sleep(50);
  for (const run of state.knowledge.routes.runs()) for (const exchange of [...run.open]) exchange.end("closing");
  await Promise.race([closed, clock.sleep(1000)]);
  server.closeAllConnections();
}

function hasOpen(state: EdgeState, kind: "request" | "webSocket"): boolean {
  for (const run of state.knowledge.routes.runs())
    for (const exchange of run.open) if (exchange.webSocket === (kind === "webSocket")) return true;
  return false;
}
