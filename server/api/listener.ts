import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { SpanStatusCode } from "@opentelemetry/api";
import type { TRPCError } from "@trpc/server";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { enterServer } from "#server/api/enter.ts";
import type { RequestOrigin } from "#server/auth/actor.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { systemScopes } from "#server/auth/roles.ts";
import type { Hub } from "#server/hub.ts";
import { type Certificate, createServerWith } from "#server/internal/certificate.ts";
import { handlerOf, type Metrics, renderMetrics } from "#server/metrics.ts";
import { statusOf } from "#server/rest/errors.ts";
import { handleRest } from "#server/rest/router.ts";
import { inSpan } from "#server/tracing/span.ts";
import { sendEnterPage, wantsEnterPage } from "./enter-failure.ts";
import { hubErrorOf } from "./errors.ts";
import { headerOf, type Identified, identify } from "./identify.ts";
import { jupyterhubVersion, sendJson } from "./respond.ts";
import { appRouter } from "./root.ts";
import type { ApiContext } from "./trpc.ts";

const maxBodyBytes = 1024 * 1024;
/** Seconds after which what is unavailable is worth another try. */
const retryAfter = "5";

export type ListenerOptions = {
  /** A socket only the owner of the installation can open: whoever comes in there is the command line. */
  readonly trustedSocket: boolean;
  /** With one it speaks https. */
  readonly certificate?: Certificate | null;
};

/** The hub's API: tRPC for the portal, JupyterHub's REST for servers and scripts, health and metrics. */
export function createApiListener(hub: Hub, metrics: Metrics, options: ListenerOptions): Server {
  const timeouts = { requestTimeout: 60_000, keepAliveTimeout: 60_000 };
  return createServerWith(options.certificate ?? null, timeouts, (request, response) => {
    const origin = originOf(request);
    const startedMs = hub.clock.monotonicMs();
    let user: string | null = null;
    response.setHeader("x-jupyterhub-version", jupyterhubVersion);
    response.setHeader("cache-control", "private, no-store");
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("x-request-id", origin.requestId);
    response.on("finish", () => {
      const ms = hub.clock.monotonicMs() - startedMs;
      metrics.observeRequest(request, response.statusCode, ms);
      logRequest(hub, { request, response, origin }, user, ms);
    });
    const identifiedAs = (name: string) => {
      user = name;
    };
    void traced({ hub, metrics, options, request, response, origin, identifiedAs });
  });
}

type Exchange = {
  readonly hub: Hub;
  readonly metrics: Metrics;
  readonly options: ListenerOptions;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly origin: RequestOrigin;
  /** Told once it is known who asks. */
  identifiedAs(name: string): void;
};

/** Changes and what went wrong; the rest is for whoever asks for it (BERTH_LOG_LEVEL=debug). */
function logRequest(
  hub: Hub,
  { request, response, origin }: Pick<Exchange, "request" | "response" | "origin">,
  user: string | null,
  ms: number,
): void {
  const [method, status] = [request.method ?? "", response.statusCode];
  const level = status >= 500 || !["GET", "HEAD", "OPTIONS"].includes(method) ? "info" : "debug";
  const route = handlerOf(request.url ?? "");
  hub.log[level]({ requestId: origin.requestId, user, method, route, status, ms: Math.round(ms) }, "request");
}

async function traced(exchange: Exchange): Promise<void> {
  const { request, response, origin } = exchange;
  const [method, route] = [request.method ?? "", handlerOf(request.url ?? "")];
  const about = { "http.request.method": method, "http.route": route, "berth.request_id": origin.requestId };
  await inSpan(`${method} ${route}`, about, async (span) => {
    await handle(exchange).catch((error: unknown) => sendError(exchange, error));
    span.setAttribute("http.response.status_code", response.statusCode);
    if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  });
}

async function handle({ hub, metrics, options, request, response, origin, identifiedAs }: Exchange): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  if (path === "/hub/live" || path === "/hub/api/live") return sendJson(response, 200, { status: "ok" });
  if (path === "/hub/health" || path === "/hub/api/health") return await sendHealth(hub, response);
  const identified = options.trustedSocket ? commandLine : await identify(hub, request);
  const { actor } = identified;
  identifiedAs(actor.kind === "anonymous" ? "anonymous" : actor.name);
  if (path.startsWith("/api/trpc/")) return await handleTrpc({ hub, actor, origin }, request, response, path);
  if (path === "/hub/enter") return await enterServer(hub, identified, origin, request, response);
  if (path === "/hub/metrics" || path === "/hub/api/metrics") {
    await requireScope({ actor, db: hub.db }, "read:metrics", "everything");
    response.setHeader("content-type", metrics.contentType);
    response.end(await renderMetrics(metrics, hub));
    return;
  }
  await handleRest(hub, { identified, origin }, request, response);
}

async function sendHealth(hub: Hub, response: ServerResponse): Promise<void> {
  const ok = await hub.ready();
  sendJson(response, ok ? 200 : 503, ok ? { status: "ok" } : { status: "the database doesn't answer" });
}

async function handleTrpc(
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  await nodeHTTPRequestHandler({
    router: appRouter,
    path: path.slice("/api/trpc/".length),
    req: request,
    res: response,
    maxBodySize: maxBodyBytes,
    createContext: async () => context,
    responseMeta: ({ errors }) => (errors.some(isUnavailable) ? { headers: { "retry-after": retryAfter } } : {}),
  });
}

function isUnavailable(error: TRPCError): boolean {
  return hubErrorOf(error.cause)?.code === "unavailable" || error.code === "SERVICE_UNAVAILABLE";
}

const commandLine: Identified = {
  actor: { kind: "system", name: "command line", scopes: systemScopes },
  credential: "token",
  sessionToken: null,
};

function sendError({ hub, request, response, origin }: Exchange, error: unknown): void {
  const hubError = hubErrorOf(error);
  const code = hubError?.code ?? "internal";
  if (code === "internal")
    hub.log.error({ err: error, path: request.url, requestId: origin.requestId }, "a request failed");
  if (response.headersSent) return void response.destroy();
  const message =
    hubError?.publicMessage ??
    "Something went wrong on our side. Try again; if it happens again, tell your admin the request id.";
  if (code === "unavailable") response.setHeader("retry-after", retryAfter);
  const status = statusOf[code];
  if (wantsEnterPage(request))
    sendEnterPage(response, { status, code, message, requestId: origin.requestId }, hub.config.portal);
  else sendJson(response, status, { status, message, code, request_id: origin.requestId });
}

/** The edge sets both headers itself and drops what a client sent; a caller that goes round the edge speaks for itself only. */
function originOf(request: IncomingMessage): RequestOrigin {
  const given = headerOf(request, "x-request-id");
  const forwarded = headerOf(request, "x-forwarded-for")?.split(",").at(-1)?.trim();
  return {
    requestId: given !== null && /^[\w-]{8,64}$/.test(given) ? given : randomUUID(),
    clientAddress: forwarded ?? request.socket.remoteAddress ?? "local",
  };
}
