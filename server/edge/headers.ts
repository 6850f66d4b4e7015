import { isPortalCookie, withoutPortalCookies } from "#server/auth/cookies.ts";

/** What the edge itself says about a request, to whoever it forwards it to. Always exactly one fresh value of each. */
export type Forwarded = {
  readonly client: string;
  readonly proto: "http" | "https";
  readonly host: string;
  readonly port: string;
  readonly requestId: string;
};

/**
 * `portal`: hub and web, who read the portal's cookies and tokens. `server`: a user's server, which never sees them; with `keepsOwnLogin`
 * one that makes its own OAuth round.
 */
export type Receiver =
  | { readonly kind: "portal" }
  | {
      readonly kind: "server";
      readonly keepsOwnLogin: boolean;
      readonly inject: { readonly header: string; readonly value: string } | null;
    };

/** RFC 9110 §7.6.1, the proxy headers of old (CVE-2016-5385 `Proxy:`), and what the edge answers itself. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
]);

/** Headers some server believes to say who asks or where to go; from outside they are lies (S-35). */
const spoofable: ReadonlySet<string> = new Set([
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-original-url",
  "x-original-uri",
  "x-original-host",
  "x-original-method",
  "x-rewrite-url",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-host",
  "x-remote-user",
  "remote-user",
  "x-user",
  "x-scheme",
  "x-request-id",
  "next-action",
]);
const spoofablePrefixes = [
  "x-forwarded-",
  "x-auth-request-",
  "x-portal-",
  "x-berth-",
  "x-middleware-",
  "x-nextjs-",
  "x-jupyterhub-",
  "x-invoke-",
] as const;

/** A header named in `Connection` goes, except these: nobody may take a credential or a guard off another's request (S-55). */
const neverNominated =
  /^(?:host|cookie|authorization|origin|referer|content-.*|accept.*|sec-.*|x-forwarded-.*|x-request-id|user-agent)$/;

const none: ReadonlySet<string> = new Set();

function nominatedIn(rawHeaders: readonly string[]): ReadonlySet<string> {
  let names: Set<string> | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length !== 10 || rawHeaders[index]?.toLowerCase() !== "connection") continue;
    for (const option of (rawHeaders[index + 1] ?? "").split(",")) {
      const name = option.trim().toLowerCase();
      if (name === "keep-alive" || name === "close" || name === "" || neverNominated.test(name)) continue;
      names ??= new Set();
      names.add(name);
    }
  }
  return names ?? none;
}

/** The header lines to send on, flat as they came: `[name, value, name, value …]`. */
export function requestHeaders(rawHeaders: readonly string[], forwarded: Forwarded, receiver: Receiver): string[] {
  const nominated = nominatedIn(rawHeaders);
  const injected = receiver.kind === "server" ? (receiver.inject?.header.toLowerCase() ?? null) : null;
  const sent: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = canonical(name);
    if (hopByHop.has(lower) || isSpoofable(lower) || nominated.has(lower) || lower === injected) continue;
    const value = valueFor(lower, rawHeaders[index + 1] ?? "", receiver);
    if (value !== null) sent.push(name, value);
  }
  sent.push("X-Forwarded-For", forwarded.client, "X-Forwarded-Proto", forwarded.proto);
  sent.push("X-Forwarded-Host", forwarded.host, "X-Forwarded-Port", forwarded.port);
  sent.push("X-Request-Id", forwarded.requestId);
  if (receiver.kind === "server" && receiver.inject !== null) sent.push(receiver.inject.header, receiver.inject.value);
  return sent;
}

/** CGI and WSGI read `X_Forwarded_For` as `X-Forwarded-For` (CVE-2025-64484). */
function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes("_") ? lower.replaceAll("_", "-") : lower;
}

function isSpoofable(lower: string): boolean {
  if (spoofable.has(lower)) return true;
  return lower.charCodeAt(0) === 0x78 && spoofablePrefixes.some((prefix) => lower.startsWith(prefix));
}

function valueFor(lower: string, value: string, receiver: Receiver): string | null {
  if (receiver.kind === "portal") return value;
  if (lower === "cookie") return withoutPortalCookies(value);
  if (lower === "authorization") return receiver.keepsOwnLogin && portalTokenIn(value) === null ? value : null;
  return value;
}

/** The API token of this portal in an Authorization header; `null` for anybody else's credentials. */
export function portalTokenIn(authorization: string | null): string | null {
  if (authorization === null || !authorization.includes("berth_")) return null;
  return /^(?:token|bearer) +(berth_\w{1,500})$/i.exec(authorization.trim())?.[1] ?? null;
}

/** What a server may not say to a browser about an origin it doesn't own alone, or to a proxy in front (S-02). */
const refusedFromServer: ReadonlySet<string> = new Set([
  "service-worker-allowed",
  "clear-site-data",
  "strict-transport-security",
  "public-key-pins",
  "alt-svc",
  "nel",
  "report-to",
  "x-sendfile",
  "surrogate-control",
  "cdn-cache-control",
]);

/** CR, LF and NUL end a line for somebody; nothing but visible ASCII, tab and Latin-1 stands in a header (S-56). */
const badValue = /[^\t\x20-\x7e\x80-\xff]/;

export type ResponseSource = { readonly kind: "portal" } | { readonly kind: "server"; readonly pageOrigin: string };

/** The lines of an answer to pass on, or `null` when it holds something that must not be written to a browser. */
export function responseHeaders(rawHeaders: readonly string[], source: ResponseSource): string[] | null {
  const nominated = nominatedIn(rawHeaders);
  const foreignCors = source.kind === "server" && allowsForeignOrigin(rawHeaders, source.pageOrigin);
  const sent: string[] = [];
  let cached = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    if (badValue.test(value)) return null;
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || (nominated.has(lower) && lower !== "set-cookie")) continue;
    if (source.kind === "server" && isRefused(lower, value, foreignCors)) continue;
    if (lower === "cache-control") cached = true;
    sent.push(name, source.kind === "server" && lower === "cache-control" ? privately(value) : value);
  }
  // Behind a login nothing is for a shared cache (CVE-2026-44576); the browser's own may keep what the server lets it.
  if (!cached) sent.push("Cache-Control", source.kind === "server" ? "private" : "private, no-store");
  return sent;
}

function isRefused(lower: string, value: string, foreignCors: boolean): boolean {
  if (refusedFromServer.has(lower) || lower.startsWith("x-accel-")) return true;
  if (foreignCors && lower.startsWith("access-control-allow-")) return true;
  return lower === "set-cookie" && !maySetCookie(value);
}

function allowsForeignOrigin(rawHeaders: readonly string[], pageOrigin: string): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (
      name.length === 27 &&
      name.toLowerCase() === "access-control-allow-origin" &&
      rawHeaders[index + 1] !== pageOrigin
    )
      return true;
  }
  return false;
}

function maySetCookie(value: string): boolean {
  const [pair = "", ...attributes] = value.split(";");
  const at = pair.indexOf("=");
  // A cookie without a name is sent back as its bare value, which may spell another cookie's name and value.
  if (at < 0 || pair.slice(0, at).trim() === "" || isPortalCookie(pair.slice(0, at))) return false;
  return !attributes.some((attribute) => /^\s*domain\s*(?:=|$)/i.test(attribute));
}

function privately(cacheControl: string): string {
  if (/(?:^|[\s,])(?:private|no-store)(?:[\s,]|$)/i.test(cacheControl)) return cacheControl;
  const kept = cacheControl
    .split(",")
    .map((directive) => directive.trim())
    .filter((directive) => directive !== "" && !/^(?:public|s-maxage)\b/i.test(directive));
  return ["private", ...kept].join(", ");
}
