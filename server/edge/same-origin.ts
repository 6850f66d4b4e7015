import type { RequestHead } from "./request-head.ts";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a request that a browser authenticated by itself (a cookie) comes from the server's own page. The injected secret switches
 * the server's own Origin and XSRF checks off, so this is the only one. `same-site` is hostile: other users' servers are
 * same-site. In path mode every server shares the portal's origin and this can't tell them apart: "trusted users only".
 */
export function comesFromOwnPage(
  method: string,
  isUpgrade: boolean,
  head: Pick<RequestHead, "origin" | "fetchSite" | "fetchMode" | "fetchDest">,
  pageOrigin: string,
): boolean {
  if (isUpgrade || !safeMethods.has(method)) return head.origin === pageOrigin;
  if (head.origin !== null && head.origin !== pageOrigin && head.fetchSite === null) return false;
  if (head.fetchSite !== "cross-site" && head.fetchSite !== "same-site") return true;
  return method === "GET" && head.fetchMode === "navigate" && head.fetchDest === "document";
}
