import type { CookieOption, CookiesOptions } from "next-auth";
import { sessionCookieName } from "#server/auth/cookies.ts";

/**
 * next-auth's cookies under names of ours. `__Host-` on all of them: a server on a user's own origin must not be able to plant a
 * state or a CSRF token here.
 */
export function authCookies(publicUrl: string): Partial<CookiesOptions> {
  const secure = publicUrl.startsWith("https:");
  const cookie = (name: string, maxAgeSeconds?: number): CookieOption => ({
    name,
    options: {
      httpOnly: true,
      sameSite: "lax",
      path: "/",
      secure,
      ...(maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds }),
    },
  });
  return {
    sessionToken: cookie(sessionCookieName(publicUrl)),
    callbackUrl: cookie(callbackCookieName(publicUrl)),
    csrfToken: cookie(prefixed("berth-csrf", secure)),
    pkceCodeVerifier: cookie(prefixed("berth-pkce", secure), 900),
    state: cookie(prefixed("berth-state", secure), 900),
    nonce: cookie(prefixed("berth-nonce", secure), 900),
  };
}

export function callbackCookieName(publicUrl: string): string {
  return prefixed("berth-callback", publicUrl.startsWith("https:"));
}

function prefixed(name: string, secure: boolean): string {
  return secure ? `__Host-${name}` : name;
}
