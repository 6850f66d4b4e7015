/**
 * What the edge needs to know of a request's head, from the header lines as they came. Node's own `headers` joins or drops
 * duplicates before anybody could object to them.
 */
export type RequestHead = {
  readonly host: string;
  readonly cookie: string;
  readonly authorization: string | null;
  readonly origin: string | null;
  readonly accept: string;
  readonly forwardedFor: string | null;
  readonly fetchSite: string | null;
  readonly fetchMode: string | null;
  readonly fetchDest: string | null;
  readonly serviceWorkerScript: boolean;
  readonly hasBody: boolean;
};

export type HeadProblem = { readonly kind: "problem"; readonly status: 400 | 413 | 501; readonly reason: string };
const problem = (status: 400 | 413 | 501, reason: string): HeadProblem => ({ kind: "problem", status, reason });

/** Names that stand for one value; a second line of one of these means two parsers could read two requests. */
const single: ReadonlySet<string> = new Set([
  "host",
  "authorization",
  "content-length",
  "transfer-encoding",
  "origin",
  "sec-fetch-site",
  "sec-fetch-mode",
  "sec-fetch-dest",
  "sec-websocket-key",
  "sec-websocket-version",
  "upgrade",
]);
const wanted: ReadonlySet<string> = new Set([
  ...single,
  "cookie",
  "accept",
  "x-forwarded-for",
  "service-worker",
  "next-action",
]);

export function readHead(rawHeaders: readonly string[], httpVersion: string): RequestHead | HeadProblem {
  const found = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    if (!wanted.has(name)) continue;
    const value = rawHeaders[index + 1] ?? "";
    const before = found.get(name);
    if (before !== undefined && single.has(name)) return problem(400, `This request has two “${name}” headers.`);
    found.set(name, before === undefined ? value : `${before}${name === "cookie" ? ";" : ","}${value}`);
  }
  return framingProblem(found, httpVersion) ?? headOf(found);
}

function framingProblem(found: ReadonlyMap<string, string>, httpVersion: string): HeadProblem | null {
  const encoding = found.get("transfer-encoding");
  const length = found.get("content-length");
  if (encoding !== undefined && length !== undefined) return problem(400, "This request states its length twice.");
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked")
    return problem(501, "This request uses a transfer encoding that isn't supported.");
  // RFC 9112 §6.1: no HTTP/1.0 client knows chunks, so somebody on the way has rewritten this.
  if (encoding !== undefined && httpVersion !== "1.1") return problem(400, "Chunked requests need HTTP/1.1.");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return problem(400, "This request's length is no number.");
  if (!found.get("host")) return problem(400, "This request names no host.");
  if (found.has("next-action")) return problem(400, "This portal has no server actions.");
  return null;
}

function headOf(found: ReadonlyMap<string, string>): RequestHead {
  const length = found.get("content-length");
  return {
    host: found.get("host") ?? "",
    cookie: found.get("cookie") ?? "",
    authorization: found.get("authorization") ?? null,
    origin: found.get("origin") ?? null,
    accept: found.get("accept") ?? "",
    forwardedFor: found.get("x-forwarded-for") ?? null,
    fetchSite: found.get("sec-fetch-site") ?? null,
    fetchMode: found.get("sec-fetch-mode") ?? null,
    fetchDest: found.get("sec-fetch-dest") ?? null,
    serviceWorkerScript: found.get("service-worker") === "script",
    hasBody: found.has("transfer-encoding") || (length !== undefined && Number(length) > 0),
  };
}

/** JupyterHub's rule (pages.py): who gets JSON instead of a page. Scripts of a page (fetch, XHR) count as API too. */
export function wantsPage(method: string, path: string, head: RequestHead): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  if (head.fetchMode !== null && head.fetchMode !== "navigate") return false;
  if (/\/api(?:\/|\?|$)/.test(path.split("?", 1)[0] ?? "")) return false;
  const json = head.accept.indexOf("application/json");
  const html = head.accept.indexOf("text/html");
  return json < 0 || (html >= 0 && html < json);
}
