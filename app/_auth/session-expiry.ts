import { decodeJwt } from "jose";

/** next-auth gives its cookie its own lifetime; the session's end is the hub's to say, so the cookie gets that of its token. */
export function withHubExpiry(setCookie: string, sessionName: string): string {
  const [pair = "", ...attributes] = setCookie.split(/;\s*/);
  const value = pair.startsWith(`${sessionName}=`) ? pair.slice(sessionName.length + 1) : "";
  if (value === "") return setCookie;
  const { exp } = decodeJwt(decodeURIComponent(value));
  if (exp === undefined) return setCookie;
  const kept = attributes.filter((attribute) => !/^(?:expires|max-age)=/i.test(attribute));
  return [pair, ...kept, `Expires=${new Date(exp * 1000).toUTCString()}`].join("; ");
}
