import type { Failure } from "./failure.ts";

/** As many of a path's beginnings as are tried; a cookie tied to a deeper one has to be deleted by hand. */
const mostPaths = 16;

/**
 * Two cookies under a name that is the portal's alone: one of them was set by somebody else, on a parent domain or for a part of the site
 * (S-01). Which one isn't guessed. The answer takes back every place such a cookie can stand in, but not the portal's own, which has no
 * Domain and the path `/`: the next request has that one only, or none.
 */
export function twoSessions(cookieName: string, host: string, target: string): Failure {
  return { kind: "two-sessions", target, expired: expiredStrays(cookieName, host, target) };
}

export function expiredStrays(cookieName: string, host: string, target: string): string[] {
  const paths = beginningsOf(target.split("?", 1)[0] ?? "/");
  const places = [
    ...paths.filter((path) => path !== "/").map((path) => `Path=${path}`),
    ...domainsAbove(host).flatMap((domain) => paths.map((path) => `Domain=${domain}; Path=${path}`)),
  ];
  return places.map((place) => `${cookieName}=; ${place}; Max-Age=0`);
}

/** Every Path whose cookies are sent to this one (RFC 6265 §5.1.4): `/hub` and `/hub/` are two. */
function beginningsOf(path: string): string[] {
  const ends = [...path.matchAll(/\//g)].map(({ index }) => index);
  const found = [...ends.flatMap((end) => [path.slice(0, end), path.slice(0, end + 1)]), path];
  return [...new Set(found)].filter((one) => one !== "" && !/[;,\s]/.test(one)).slice(0, mostPaths);
}

/** A browser takes a Domain of one label, or an address, for the host itself: that would take back the portal's own cookie. */
function domainsAbove(host: string): string[] {
  const name = host.replace(/:\d+$/, "");
  if (name.startsWith("[") || /^[\d.]+$/.test(name)) return [];
  const labels = name.split(".");
  return labels.slice(0, -1).map((_label, index) => labels.slice(index).join("."));
}
