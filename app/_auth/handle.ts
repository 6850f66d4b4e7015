import type { NextRequest } from "next/server";
import NextAuth from "next-auth";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { mayChangeState } from "#server/auth/xsrf.ts";
import { askLoginOptions, askSignOut } from "#server/web/ask-hub.ts";
import { webSettings } from "#server/web/settings.ts";
import { isAllowedAction } from "./allowed-action.ts";
import { callbackCookieName } from "./cookies.ts";
import { loginUrlFor, nextOf } from "./login-url.ts";
import { authOptions } from "./options.ts";
import { withHubExpiry } from "./session-expiry.ts";

export type AuthContext = { readonly params: Promise<{ readonly nextauth: string[] }> };

const maximalBodyBytes = 65_536;

/** next-auth behind a door of ours: only the routes in use, only from this origin, only short bodies. */
export async function handleAuth(request: NextRequest, context: AuthContext): Promise<Response> {
  const { nextauth } = await context.params;
  const method = request.method === "POST" ? "POST" : "GET";
  if (!isAllowedAction(method, nextauth)) return refuse(404, "There is no such login route.");
  if (method === "POST") {
    const refusal = refusalForPost(request, nextauth);
    if (refusal !== null) return refusal;
  }
  const settings = webSettings();
  const callbackUrl = request.cookies.get(callbackCookieName(settings.publicUrl))?.value;
  const login = await askLoginOptions().catch(() => null);
  if (login === null) return unavailable(method, nextOf(callbackUrl, settings.publicUrl));
  let signOutFailed = false;
  const options = authOptions({
    settings,
    login,
    client: clientOf(request),
    callbackUrl,
    signOut: async (token) => {
      await askSignOut(token).catch(() => {
        signOutFailed = true;
      });
    },
  });
  const response: Response = await NextAuth(request, context, options);
  // The cookie stays while its session does: a cleared one would look like a logout that didn't happen.
  if (signOutFailed) return unavailable(method, "/hub/home");
  return withCookies(response, sessionCookieName(settings.publicUrl));
}

function refusalForPost(request: NextRequest, nextauth: readonly string[]): Response | null {
  const question = {
    method: "POST",
    credential: "cookie",
    origin: request.headers.get("origin"),
    secFetchSite: request.headers.get("sec-fetch-site"),
  } as const;
  if (!mayChangeState(question, new URL(webSettings().publicUrl).origin)) {
    return refuse(403, "This request did not come from a page of this portal.");
  }
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!(length <= maximalBodyBytes)) return refuse(413, "This form is too long.");
  // next-auth would hand every parameter on to the provider, `redirect_uri` and `scope` too.
  if (nextauth[0] === "signin" && request.nextUrl.search !== "") return refuse(400, "A login takes no parameters.");
  return null;
}

/** The edge writes this header itself and drops what a client sent. */
function clientOf(request: NextRequest): string {
  return request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "local";
}

function unavailable(method: "GET" | "POST", next: string): Response {
  const url = loginUrlFor({ code: "unavailable" }, next);
  if (method === "POST") return Response.json({ url }, { status: 503 });
  return new Response(null, { status: 302, headers: { location: url } });
}

function refuse(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

function withCookies(response: Response, sessionName: string): Response {
  const cookies = response.headers.getSetCookie();
  if (cookies.length === 0) return response;
  const headers = new Headers(response.headers);
  headers.delete("set-cookie");
  for (const cookie of cookies) headers.append("set-cookie", withHubExpiry(cookie, sessionName));
  return new Response(response.body, { status: response.status, headers });
}
