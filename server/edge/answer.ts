import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type Described, describeFailure, type Failure } from "./failure.ts";
import { failurePage, type Look } from "./pages.ts";

export type Asker = {
  readonly wantsPage: boolean;
  readonly requestId: string;
  readonly portalOrigin: string;
  readonly look: Look;
};

/** What every answer of the edge itself carries, whoever asked. */
function commonHeaders(asker: Asker): string[] {
  return [
    ...["Cache-Control", "private, no-store", "Vary", "Cookie, Accept", "Referrer-Policy", "no-referrer"],
    ...["X-Content-Type-Options", "nosniff", "X-Request-Id", asker.requestId],
  ];
}

function renderFailure(failure: Failure, asker: Asker): { described: Described; headers: string[]; body: Buffer } {
  const described = describeFailure(failure, asker.wantsPage ? "page" : "program");
  const text = asker.wantsPage
    ? failurePage(described, asker.requestId, asker.portalOrigin, asker.look)
    : `${JSON.stringify({ status: described.status, message: messageOf(described), code: described.code, request_id: asker.requestId })}\n`;
  const body = Buffer.from(text);
  const headers = [...commonHeaders(asker), "Content-Length", String(body.length)];
  headers.push("Content-Type", asker.wantsPage ? "text/html; charset=utf-8" : "application/json");
  headers.push(
    "Content-Security-Policy",
    asker.wantsPage ? asker.look.securityPolicy : "default-src 'none'; frame-ancestors 'none'",
  );
  if (failure.kind === "two-sessions" && asker.wantsPage)
    for (const line of failure.expired) headers.push("Set-Cookie", line);
  if (described.retryAfterSeconds !== null) {
    headers.push("Retry-After", String(described.retryAfterSeconds));
    if (asker.wantsPage && comesBackByItself(failure)) headers.push("Refresh", String(described.retryAfterSeconds));
  }
  return { described, headers, body };
}

/** There is nothing on such a page to decide: the browser asks again by itself (F-03, F-11). */
function comesBackByItself({ kind }: Failure): boolean {
  return kind === "portal-unavailable" || kind === "cut-off" || kind === "stale-routes";
}

function messageOf({ title, sentence }: Described): string {
  return `${title}. ${sentence}`;
}

/** `close`: the rest of what this connection brings can't be trusted to begin where a request begins. */
export function answerFailure(response: ServerResponse, failure: Failure, asker: Asker, close = false): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { described, headers, body } = renderFailure(failure, asker);
  const unreadBody = hasUnreadBody(response);
  if (close || unreadBody) headers.push("Connection", "close");
  response.writeHead(described.status, headers);
  response.end(response.req.method === "HEAD" ? undefined : body);
  if (close || unreadBody) closeAfterAnswer(response);
}

/** A request without a body isn't complete either at the moment its head has been read. */
function hasUnreadBody({ req }: ServerResponse): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = req.headers;
  return !req.complete && (encoding !== undefined || (length !== undefined && length !== "0"));
}

/** An upload that nobody wants any more must not hold its connection until the client is done sending. */
function closeAfterAnswer(response: ServerResponse): void {
  const socket = response.req.socket;
  response.once("finish", () => socket.destroySoon());
}

export function answerRedirect(
  response: ServerResponse,
  location: string,
  asker: Asker,
  status: 302 | 303 | 307 = 302,
  extra: readonly string[] = [],
): void {
  const headers = [...commonHeaders(asker), "Location", location, "Content-Length", "0", ...extra];
  if (hasUnreadBody(response)) headers.push("Connection", "close");
  response.writeHead(status, headers);
  response.end();
}

export function answerJson(response: ServerResponse, status: number, value: unknown, asker: Asker): void {
  const body = Buffer.from(JSON.stringify(value));
  const headers = [...commonHeaders(asker), "Content-Type", "application/json", "Content-Length", String(body.length)];
  response.writeHead(status, headers);
  response.end(response.req.method === "HEAD" ? undefined : body);
}

export function answerScript(response: ServerResponse, script: string, asker: Asker): void {
  const body = Buffer.from(script);
  const type = ["Content-Type", "text/javascript; charset=utf-8", "Content-Length", String(body.length)];
  response.writeHead(200, [...commonHeaders(asker), ...type]);
  response.end(body);
}

/** The same for an upgrade, which has a bare socket and no response: one answer, then the end. */
export function answerFailureOnSocket(socket: Duplex, failure: Failure, asker: Asker): void {
  const { described, headers, body } = renderFailure(failure, { ...asker, wantsPage: false });
  writeHeadToSocket(socket, described.status, STATUS_CODES[described.status] ?? "", [
    ...headers,
    "Connection",
    "close",
  ]);
  socket.end(body, () => socket.destroy());
}

/** Values were checked by whoever made `headers`; this only lays them out. */
export function writeHeadToSocket(socket: Duplex, status: number, reason: string, headers: readonly string[]): void {
  let head = `HTTP/1.1 ${status} ${reason.replace(/[^\t\x20-\x7e]/g, "")}\r\n`;
  for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  socket.write(`${head}\r\n`, "latin1");
}
