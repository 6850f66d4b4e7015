import { isPortalCookie } from "#server/auth/cookies.ts";
import { hopByHop, nominatedBy } from "./hop-by-hop.ts";

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
  const names: string[] = [];
  let connection: string | null = null;
  let allowedOrigin: string | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    if (badValue.test(value)) return null;
    names.push(name);
    if (name === "connection") connection = connection === null ? value : `${connection},${value}`;
    else if (name === "access-control-allow-origin") allowedOrigin = allowedOrigin === null ? value : "two of them";
  }
  const nominated = nominatedBy(connection);
  const fromServer = source.kind === "server";
  const foreignCors = fromServer && allowedOrigin !== source.pageOrigin;
  const sent: string[] = [];
  let cached = false;
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? "";
    const value = rawHeaders[2 * index + 1] ?? "";
    if (hopByHop.has(name) || nominated.has(name)) continue;
    if (fromServer && isRefused(name, value, foreignCors)) continue;
    if (name === "cache-control") cached = true;
    sent.push(rawHeaders[2 * index] ?? "", fromServer && name === "cache-control" ? privately(value) : value);
  }
  // Behind a login nothing is for a shared cache (CVE-2026-44576); the browser's own may keep what the server lets it.
  if (!cached) sent.push("Cache-Control", fromServer ? "private" : "private, no-store");
  return sent;
}

function isRefused(lower: string, value: string, foreignCors: boolean): boolean {
  if (refusedFromServer.has(lower) || lower.startsWith("x-accel-")) return true;
  if (foreignCors && lower.startsWith("access-control-allow-")) return true;
  return lower === "set-cookie" && !maySetCookie(value);
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
