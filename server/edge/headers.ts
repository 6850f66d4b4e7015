import { withoutPortalCookies } from "#server/auth/cookies.ts";
import { hopByHop, nominatedBy } from "./hop-by-hop.ts";
import type { RequestHead } from "./request-head.ts";

/** What the edge itself says about a request, to whoever it forwards it to. Always exactly one fresh value of each. */
export type Forwarded = {
  readonly client: string;
  readonly proto: "http" | "https";
  readonly host: string;
  readonly port: string;
  readonly requestId: string;
};

/**
 * `portal`: hub and web, who read the portal's cookies and tokens. `server`: a user's server, which never sees them; with an `ownLogin` it
 * gets what it gave out itself, and where it may have it a token of the portal, which it asks the hub about.
 */
export type Receiver =
  | { readonly kind: "portal" }
  | {
      readonly kind: "server";
      readonly ownLogin: "none" | "without-portal-tokens" | "with-portal-tokens";
      readonly inject: { readonly header: string; readonly value: string } | null;
    };

/** Headers some server believes to say who asks or where to go; from outside they are lies (S-35). */
const neverForwarded: ReadonlySet<string> = new Set([
  ...hopByHop,
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

/** The header lines to send on, flat as they came: `[name, value, name, value …]`. */
export function requestHeaders(
  rawHeaders: readonly string[],
  { names, connection }: Pick<RequestHead, "names" | "connection">,
  forwarded: Forwarded,
  receiver: Receiver,
): string[] {
  const nominated = nominatedBy(connection);
  const injected = receiver.kind === "server" ? (receiver.inject?.header.toLowerCase() ?? null) : null;
  const sent: string[] = [];
  for (let index = 0; index < names.length; index++) {
    const name = canonical(names[index] ?? "");
    if (isNeverForwarded(name) || nominated.has(name) || name === injected) continue;
    const value = valueFor(name, rawHeaders[2 * index + 1] ?? "", receiver);
    if (value !== null) sent.push(rawHeaders[2 * index] ?? "", value);
  }
  sent.push("X-Forwarded-For", forwarded.client, "X-Forwarded-Proto", forwarded.proto);
  sent.push("X-Forwarded-Host", forwarded.host, "X-Forwarded-Port", forwarded.port);
  sent.push("X-Request-Id", forwarded.requestId);
  if (receiver.kind === "server" && receiver.inject !== null) sent.push(receiver.inject.header, receiver.inject.value);
  return sent;
}

/** CGI and WSGI read `X_Forwarded_For` as `X-Forwarded-For` (CVE-2025-64484). */
function canonical(lower: string): string {
  return lower.includes("_") ? lower.replaceAll("_", "-") : lower;
}

function isNeverForwarded(name: string): boolean {
  if (neverForwarded.has(name)) return true;
  return name.startsWith("x-") && spoofablePrefixes.some((prefix) => name.startsWith(prefix));
}

function valueFor(name: string, value: string, receiver: Receiver): string | null {
  if (receiver.kind === "portal") return value;
  if (name === "cookie") return withoutPortalCookies(value);
  if (name === "authorization") return keepsAuthorization(receiver.ownLogin, value) ? value : null;
  return value;
}

function keepsAuthorization(ownLogin: "none" | "without-portal-tokens" | "with-portal-tokens", value: string): boolean {
  if (ownLogin === "without-portal-tokens") return portalTokenIn(value) === null;
  return ownLogin === "with-portal-tokens";
}

/** The API token of this portal in an Authorization header; `null` for anybody else's credentials. */
export function portalTokenIn(authorization: string | null): string | null {
  if (authorization === null || !authorization.includes("berth_")) return null;
  return /^(?:token|bearer) +(berth_\w{1,500})$/i.exec(authorization.trim())?.[1] ?? null;
}
