const prefix = "/hub/user-redirect";

/** The rest of the path goes on byte for byte: decoding and encoding again would change what names mean. */
export function userRedirectTarget(pathAndQuery: string, userName: string): string {
  const rest = pathAndQuery.startsWith(prefix) ? pathAndQuery.slice(prefix.length).replace(/^\/+/, "") : "";
  return `/user/${encodeURIComponent(userName)}/${rest}`;
}
