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
  const values: string[] = [];
  for (let at = cookieHeader.indexOf(name); at >= 0; at = cookieHeader.indexOf(name, at + name.length)) {
    const pairStart = cookieHeader.lastIndexOf(";", at) + 1;
    const equals = cookieHeader.indexOf("=", at);
    // The name alone, from the pair's beginning up to its `=`, not as a part of another name or of a value.
    if (equals < 0 || cookieHeader.slice(pairStart, equals).trim() !== name) continue;
    const end = cookieHeader.indexOf(";", equals);
    values.push(cookieHeader.slice(equals + 1, end < 0 ? undefined : end).trim());
  }
  return values;
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
