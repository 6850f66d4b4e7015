/**
 * Which part of Berth a request is for, decided once from the raw target and Host. Nothing is normalised: what can be read in two
 * ways is refused (CVE-2019-9901, CVE-2026-40912: two parsers with two opinions).
 */

/** Where this portal lives. */
export type Site = {
  /** `http:` or `https:`. */
  readonly protocol: string;
  /** Host header of the portal, default port left out: `portal.example.org`, `127.0.0.1:8000`. */
  readonly portalHost: string;
  readonly portalOrigin: string;
  /** `.users.example.org:8000`: what follows a user's label. `null`: every server is under the portal's own origin. */
  readonly userSuffix: string | null;
};

export type ServerTarget = {
  readonly kind: "server";
  /** First and second segment after `/user/`, percent-decoded once. `second` is a server's name or part of a page's path. */
  readonly owner: string;
  readonly second: string | null;
  /** Offsets in the raw target: where the path goes on behind each of the two, at its `/`, `?` or end. */
  readonly ownerEnd: number;
  readonly secondEnd: number;
  /** Label of the user's own origin this came in on; `null` on the portal's. */
  readonly label: string | null;
};

export type Destination =
  | ServerTarget
  | { readonly kind: "hub-api" }
  | { readonly kind: "web" }
  | { readonly kind: "health" }
  /** `/.berth/enter` on a user's own origin. */
  | { readonly kind: "enter"; readonly label: string }
  /** A page of the portal, asked for on a user's own origin. */
  | { readonly kind: "portal-page" }
  /** Another loopback name of this very portal: `localhost` for `127.0.0.1`. */
  | { readonly kind: "other-loopback" }
  | { readonly kind: "refused"; readonly status: 400 | 404 | 421 };

const refused = (status: 400 | 404 | 421): Destination => ({ kind: "refused", status });

export function routeFor(target: string, host: string, site: Site): Destination {
  if (!isPlainTarget(target)) return refused(400);
  const path = pathOf(target);
  if (path === "/edge/health") return { kind: "health" };
  if (host === site.portalHost) return onPortal(path);
  const label = userLabelOf(host, site);
  if (label !== null) return onUserOrigin(path, label);
  return isLoopbackTwin(host, site.portalHost) ? { kind: "other-loopback" } : refused(421);
}

/** Everything a target may be made of (RFC 3986), and the few more that browsers send raw in a query or a path. */
const plainTarget = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@%/?[\]{}|^`"<>]*)$/;
const escapedDotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

function isPlainTarget(target: string): boolean {
  if (!plainTarget.test(target) || target.startsWith("//")) return false;
  const path = pathOf(target);
  // Neither raw nor escaped: a server that resolves them would leave the prefix this request was allowed for.
  return !((path.includes("/.") || path.includes("/%2")) && escapedDotSegment.test(path));
}

function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}

function onPortal(path: string): Destination {
  if (path.startsWith("/user/") || path === "/user") return serverTargetOf(path, null);
  return { kind: isHubApi(path) ? "hub-api" : "web" };
}

function onUserOrigin(path: string, label: string): Destination {
  if (path.startsWith("/user/")) return serverTargetOf(path, label);
  if (path === "/.berth/enter") return { kind: "enter", label };
  return path === "/" || path.startsWith("/hub/") ? { kind: "portal-page" } : refused(404);
}

/** Exact paths and whole subtrees: `/hub/apis` is not `/hub/api` (CVE-2026-35397 was a `startsWith`). */
function isHubApi(path: string): boolean {
  if (path.startsWith("/hub/api/") || path.startsWith("/api/trpc/") || path.startsWith("/hub/oauth2/")) return true;
  return hubPaths.has(path);
}
const hubPaths: ReadonlySet<string> = new Set([
  "/hub/api",
  "/hub/health",
  "/hub/live",
  "/hub/metrics",
  "/hub/enter",
  "/hub/oauth2",
]);

const ownerStart = "/user/".length;

function serverTargetOf(path: string, label: string | null): Destination {
  const ownerEnd = endOfSegment(path, ownerStart);
  const owner = decodeOnce(path.slice(ownerStart, ownerEnd));
  const secondEnd = ownerEnd < path.length ? endOfSegment(path, ownerEnd + 1) : ownerEnd;
  const second = secondEnd > ownerEnd + 1 ? decodeOnce(path.slice(ownerEnd + 1, secondEnd)) : "";
  if (owner === null || second === null) return refused(400);
  if (owner === "") return refused(404);
  return { kind: "server", owner, second: second === "" ? null : second, ownerEnd, secondEnd, label };
}

function endOfSegment(path: string, from: number): number {
  const slash = path.indexOf("/", from);
  return slash < 0 ? path.length : slash;
}

/** A name as a segment spells it. `null` for what is no UTF-8 or holds a control character. */
function decodeOnce(segment: string): string | null {
  if (!segment.includes("%")) return segment;
  try {
    const decoded = decodeURIComponent(segment);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return /[\u0000-\u001f\u007f]/.test(decoded) ? null : decoded;
  } catch {
    return null;
  }
}

/** The label of a user's own origin: exactly one, lower case, no trailing dot, no other port (CVE-2026-55602). */
function userLabelOf(host: string, site: Site): string | null {
  if (site.userSuffix === null || !host.endsWith(site.userSuffix)) return null;
  const label = host.slice(0, -site.userSuffix.length);
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label) ? label : null;
}

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?<port>:\d+)?$/;

function isLoopbackTwin(host: string, portalHost: string): boolean {
  const [here, there] = [loopback.exec(host), loopback.exec(portalHost)];
  return here !== null && there !== null && here.groups?.port === there.groups?.port;
}

export function siteOf(publicUrl: URL, subdomainHost: string | null): Site {
  return {
    protocol: publicUrl.protocol,
    portalHost: publicUrl.host,
    portalOrigin: publicUrl.origin,
    userSuffix: subdomainHost === null ? null : `.${subdomainHost}`,
  };
}

/** The origin of the page a server's requests come from. */
export function pageOriginOf(site: Site, label: string | null): string {
  return label === null || site.userSuffix === null
    ? site.portalOrigin
    : `${site.protocol}//${label}${site.userSuffix}`;
}

/** The names in a route's own prefix, `/user/ana/` or `/user/ana/second/`; `null` for what is no such prefix. */
export function namesInPrefix(prefix: string): { owner: string; server: string } | null {
  if (!prefix.startsWith("/user/") || !prefix.endsWith("/") || !isPlainTarget(prefix)) return null;
  const found = serverTargetOf(prefix, null);
  if (found.kind !== "server") return null;
  const end = found.second === null ? found.ownerEnd : found.secondEnd;
  return end + 1 === prefix.length ? { owner: found.owner, server: found.second ?? "" } : null;
}
