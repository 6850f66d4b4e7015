/** RFC 9110 §7.6.1, the proxy headers of old (CVE-2016-5385 `Proxy:`), and what the edge answers itself. */
export const hopByHop: ReadonlySet<string> = new Set([
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

/** A header named in `Connection` goes, except these: nobody may take a credential or a guard off another's request (S-55). */
const neverNominated =
  /^(?:host|cookie|set-cookie|authorization|origin|referer|content-.*|accept.*|sec-.*|x-forwarded-.*|x-request-id|user-agent|cache-control)$/;

const none: ReadonlySet<string> = new Set();

/** The names a `Connection` header takes off the message. */
export function nominatedBy(connection: string | null): ReadonlySet<string> {
  if (connection === null || connection === "keep-alive" || connection === "close") return none;
  const names = connection
    .split(",")
    .map((option) => option.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "keep-alive" && name !== "close" && !neverNominated.test(name));
  return names.length === 0 ? none : new Set(names);
}
