import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import path from "node:path";
import { closeServer, listenOn } from "#server/roles/listen.ts";
import type { Target } from "#server/spawner/spawner.ts";
import { answerUnavailableWhereHubAway } from "./hub-away.ts";
import { sendLogo } from "./logo.ts";
import { isInternalHeader, refusalFor, securityHeaders } from "./security-headers.ts";
import { setWebSettings, type WebSettings, webSettings } from "./settings.ts";

export type WebOptions = {
  readonly listen: Target;
  readonly settings: WebSettings;
  /** The folder `.next` is in: the repository, or `.next/standalone` in an image. */
  readonly directory: string;
};

export type Web = { stop(): Promise<void> };

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The web role: Next as a library behind a server of our own, which sets the headers and refuses what the pages don't need. */
export async function serveWeb(options: WebOptions): Promise<Web> {
  setWebSettings(options.settings);
  process.env.NEXTAUTH_URL = options.settings.publicUrl;
  process.env.NEXTAUTH_SECRET = options.settings.secret;
  process.env.NEXT_TELEMETRY_DISABLED = "1";
  const app = await mountNext(options.directory);
  const server = createServer({ requestTimeout: 30_000, keepAliveTimeout: 60_000 }, (request, response) => {
    void answer(app.handle, request, response).catch(() => response.destroy());
  });
  await listenOn(server, options.listen);
  return {
    stop: async () => {
      await closeServer(server, () => true);
      await app.close();
    },
  };
}

async function mountNext(directory: string): Promise<{ handle: Handler; close(): Promise<void> }> {
  const manifest = path.join(directory, ".next", "required-server-files.json");
  if (!existsSync(manifest)) {
    throw new Error(`The pages aren't built: ${manifest} is missing. Run npm start, or next build, first.`);
  }
  // With its configuration in this variable Next starts without next.config.ts and its compiler (ecosystem.md §2).
  const built = JSON.parse(readFileSync(manifest, "utf8")) as { config: unknown };
  process.env.__NEXT_PRIVATE_STANDALONE_CONFIG = JSON.stringify(built.config);
  const { default: next } = await import("next");
  // Next listens for upgrades on the server it is given; this one never opens a socket (ecosystem.md 0.3).
  const httpServer: Server = createServer();
  const app = next({ dev: false, dir: directory, hostname: "localhost", port: 80, httpServer });
  await app.prepare();
  const handle = app.getRequestHandler();
  return { handle: (request, response) => handle(request, response), close: () => app.close() };
}

async function answer(handle: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestPath = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const nonce = randomBytes(18).toString("base64");
  const requestId = requestIdOf(request);
  for (const [name, value] of Object.entries(securityHeaders(nonce, requestPath))) response.setHeader(name, value);
  response.setHeader("x-request-id", requestId);
  if (requestPath === "/web/health") return sendText(response, 200, "ok");
  const refusal = refusalFor({ method: request.method ?? "GET", path: requestPath, headers: request.headers });
  if (refusal !== null) return sendText(response, refusal.status, refusal.sentence);
  const { logo } = webSettings().brand;
  if (requestPath === "/hub/logo" && logo !== null) return sendLogo(response, logo, request.method === "HEAD");
  for (const name of Object.keys(request.headers)) if (isInternalHeader(name)) delete request.headers[name];
  // Next takes the nonce of its own scripts from here.
  request.headers["content-security-policy"] = `script-src 'nonce-${nonce}'`;
  request.headers["x-nonce"] = nonce;
  request.headers["x-request-id"] = requestId;
  request.headers["x-berth-path"] = request.url ?? "/";
  keepPrivate(response, requestPath);
  answerUnavailableWhereHubAway(response, requestId);
  await handle(request, response);
}

/** Next writes its own Cache-Control; only files whose name holds their hash may be kept by anybody. */
function keepPrivate(response: ServerResponse, requestPath: string): void {
  if (requestPath.startsWith("/_next/static/")) {
    response.removeHeader("cache-control");
    return;
  }
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) =>
    setHeader(name, name.toLowerCase() === "cache-control" ? "private, no-store" : value);
}

function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(text);
}
