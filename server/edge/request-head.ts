/**
 * What the edge needs to know of a request's head, from the header lines as they came. Node's own `headers` joins or drops
 * duplicates before anybody could object to them.
 */
export type RequestHead = {
  /** The lines' names in lower case, in their order. */
  readonly names: readonly string[];
  readonly host: string;
  readonly cookie: string;
  readonly authorization: string | null;
  readonly origin: string | null;
  readonly accept: string;
  readonly connection: string | null;
  readonly forwardedFor: string | null;
  readonly fetchSite: string | null;
  readonly fetchMode: string | null;
  readonly fetchDest: string | null;
  readonly serviceWorkerScript: boolean;
  readonly hasBody: boolean;
};

export type HeadProblem = { readonly kind: "problem"; readonly status: 400 | 413 | 501; readonly reason: string };
const problem = (status: 400 | 413 | 501, reason: string): HeadProblem => ({ kind: "problem", status, reason });

/** What is kept of the lines while they are read; `null` is a name that hasn't come yet. */
type Found = {
  host: string | null;
  cookie: string | null;
  authorization: string | null;
  origin: string | null;
  accept: string | null;
  connection: string | null;
  forwardedFor: string | null;
  fetchSite: string | null;
  fetchMode: string | null;
  fetchDest: string | null;
  serviceWorker: string | null;
  length: string | null;
  encoding: string | null;
  upgrade: string | null;
  webSocketKey: string | null;
  webSocketVersion: string | null;
  nextAction: string | null;
};

/** Where a name's value is kept, and whether it stands for one value: a second line of it could be read as another request. */
const places: ReadonlyMap<string, { readonly field: keyof Found; readonly joinedBy: string | null }> = new Map([
  ["host", { field: "host", joinedBy: null }],
  ["cookie", { field: "cookie", joinedBy: ";" }],
  ["authorization", { field: "authorization", joinedBy: null }],
  ["origin", { field: "origin", joinedBy: null }],
  ["accept", { field: "accept", joinedBy: "," }],
  ["connection", { field: "connection", joinedBy: "," }],
  ["x-forwarded-for", { field: "forwardedFor", joinedBy: "," }],
  ["sec-fetch-site", { field: "fetchSite", joinedBy: null }],
  ["sec-fetch-mode", { field: "fetchMode", joinedBy: null }],
  ["sec-fetch-dest", { field: "fetchDest", joinedBy: null }],
  ["service-worker", { field: "serviceWorker", joinedBy: "," }],
  ["content-length", { field: "length", joinedBy: null }],
  ["transfer-encoding", { field: "encoding", joinedBy: null }],
  ["upgrade", { field: "upgrade", joinedBy: null }],
  ["sec-websocket-key", { field: "webSocketKey", joinedBy: null }],
  ["sec-websocket-version", { field: "webSocketVersion", joinedBy: null }],
  ["next-action", { field: "nextAction", joinedBy: "," }],
]);

export function readHead(rawHeaders: readonly string[], httpVersion: string): RequestHead | HeadProblem {
  const found = nothingFound();
  const names: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    names.push(name);
    const place = places.get(name);
    if (place === undefined) continue;
    const value = rawHeaders[index + 1] ?? "";
    const before = found[place.field];
    if (before !== null && place.joinedBy === null) return problem(400, `This request has two “${name}” headers.`);
    found[place.field] = before === null ? value : `${before}${place.joinedBy}${value}`;
  }
  return framingProblem(found, httpVersion) ?? headOf(found, names);
}

function nothingFound(): Found {
  return {
    host: null,
    cookie: null,
    authorization: null,
    origin: null,
    accept: null,
    connection: null,
    forwardedFor: null,
    fetchSite: null,
    fetchMode: null,
    fetchDest: null,
    serviceWorker: null,
    length: null,
    encoding: null,
    upgrade: null,
    webSocketKey: null,
    webSocketVersion: null,
    nextAction: null,
  };
}

function framingProblem({ encoding, length, host, nextAction }: Found, httpVersion: string): HeadProblem | null {
  if (encoding !== null && length !== null) return problem(400, "This request states its length twice.");
  if (encoding !== null && encoding.toLowerCase() !== "chunked")
    return problem(501, "This request uses a transfer encoding that isn't supported.");
  // RFC 9112 §6.1: no HTTP/1.0 client knows chunks, so somebody on the way has rewritten this.
  if (encoding !== null && httpVersion !== "1.1") return problem(400, "Chunked requests need HTTP/1.1.");
  if (length !== null && !/^\d{1,15}$/.test(length)) return problem(400, "This request's length is no number.");
  if (host === null || host === "") return problem(400, "This request names no host.");
  if (nextAction !== null) return problem(400, "This portal has no server actions.");
  return null;
}

function headOf(found: Found, names: readonly string[]): RequestHead {
  return {
    names,
    host: found.host ?? "",
    cookie: found.cookie ?? "",
    authorization: found.authorization,
    origin: found.origin,
    accept: found.accept ?? "",
    connection: found.connection,
    forwardedFor: found.forwardedFor,
    fetchSite: found.fetchSite,
    fetchMode: found.fetchMode,
    fetchDest: found.fetchDest,
    serviceWorkerScript: found.serviceWorker === "script",
    hasBody: found.encoding !== null || (found.length !== null && Number(found.length) > 0),
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
