/**
 * The portal's cookies: their names, and how to find and remove them in a Cookie header. `__Host-` ties a cookie to one origin and to
 * https; on plain http (localhost) browsers refuse the prefix.
 */
export function sessionCookieName(publicUrl: URL | string): string {
  return isHttps(publicUrl) ? "__Host-berth-session" : "berth-session";
}

/** The cookie of one server on its owner's own origin, which all of that owner's servers share. */
export function serverCookieName(publicUrl: URL | string, serverId: string): string {
  return `${isHttps(publicUrl) ? "__Host-berth-server" : "berth-server"}-${serverId}`;
}

function isHttps(publicUrl: URL | string): boolean {
  return typeof publicUrl === "string" ? publicUrl.startsWith("https:") : publicUrl.protocol === "https:";
}

/** Every value a Cookie header has under this name. More than one is for the caller to refuse, never to choose from. */
export function sessionCookiesIn(cookieHeader: string, name: string): string[] {
  if (!cookieHeader.includes(name)) return [];
  return cookieHeader.split(";").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
}

const portalName = /^(?:__(?:host|secure)-)?(?:berth-|next-auth)/i;

/** Whether a cookie of this name is the portal's: a server must neither see one nor set one. */
export function isPortalCookie(name: string): boolean {
  return portalName.test(name.trim());
}

/** A Cookie header without the portal's own; what stays is kept byte for byte. `null` when nothing stays. */
export function withoutPortalCookies(cookieHeader: string): string | null {
  // Most requests have only the session or only the server's cookies; no allocation for the second sort.
  if (!/berth-|next-auth/i.test(cookieHeader)) return cookieHeader;
  const kept = cookieHeader.split(";").filter((pair) => {
    const at = pair.indexOf("=");
    // A nameless pair (`=x` or `x`) counts by its text: browsers write such a cookie as if its value were the name.
    return !isPortalCookie(at > 0 ? pair.slice(0, at) : pair.replace(/^\s*=/, ""));
  });
  return kept.length === 0 ? null : kept.join(";").trimStart();
}
