import { createPublicKey } from "node:crypto";
import type { NextAuthOptions, User } from "next-auth";
import type { JWT } from "next-auth/jwt";
import { readToken } from "#server/auth/session-token.ts";
import type { LoginOptions, SignInAnswer } from "#server/internal/messages.ts";
import type { WebSettings } from "#server/web/settings.ts";
import { authCookies } from "./cookies.ts";
import { loginUrlFor, nextOf } from "./login-url.ts";
import { credentialProviders, oauthProvider } from "./providers.ts";

/** What the hub answered, carried through next-auth's user object to its callbacks. */
export type BerthUser = User & { readonly answer: SignInAnswer };
type BerthJwt = JWT & { readonly berth?: string };

export type AuthRequest = {
  readonly settings: WebSettings;
  readonly login: LoginOptions;
  /** The client's address as the edge saw it; logins are throttled by it. */
  readonly client: string;
  readonly callbackUrl: string | undefined;
  signOut(token: string): Promise<void>;
};

/** next-auth for one request. It keeps the browser's cookies and the OAuth round; who somebody is, the hub decides. */
export function authOptions(request: AuthRequest): NextAuthOptions {
  const { settings, login } = request;
  const key = createPublicKey(settings.verifyKeyPem);
  return {
    secret: settings.secret,
    providers: [
      ...credentialProviders(login, request.client),
      ...login.providers.map((provider) => oauthProvider(provider, settings.publicUrl, request.client)),
    ],
    cookies: authCookies(settings.publicUrl),
    useSecureCookies: settings.publicUrl.startsWith("https:"),
    session: { strategy: "jwt" },
    pages: { signIn: "/hub/login", error: "/hub/login", signOut: "/hub/logout" },
    jwt: {
      encode: async ({ token }) => (token as BerthJwt | undefined)?.berth ?? "",
      decode: async ({ token }) => {
        const claims = token === undefined ? null : await readToken([key], "session", token, new Date());
        return claims === null || token === undefined ? null : { sub: claims.userId, berth: token };
      },
    },
    callbacks: {
      signIn: ({ user, credentials }) => {
        const { answer } = user as BerthUser;
        // A password comes with the form it was typed in; after an OAuth round only the cookie knows.
        const given = credentials?.callbackUrl;
        const next = nextOf(typeof given === "string" ? given : request.callbackUrl, settings.publicUrl);
        return answer.kind === "ok" ? true : loginUrlFor(answer, next);
      },
      jwt: ({ token, user }) => {
        const answer = (user as BerthUser | undefined)?.answer;
        return answer?.kind === "ok" ? { sub: answer.user.id, berth: answer.token } : token;
      },
      redirect: ({ url }) => `${new URL(settings.publicUrl).origin}${nextOf(url, settings.publicUrl)}`,
    },
    events: {
      signOut: async ({ token }) => {
        const berth = (token as BerthJwt | null)?.berth;
        if (berth !== undefined) await request.signOut(berth);
      },
    },
    logger: { error: logProblem, warn: () => {}, debug: () => {} },
  };
}

/** Codes and messages only: the rest may hold codes and verifiers. */
function logProblem(code: string, metadata: unknown): void {
  const error = metadata instanceof Error ? metadata : (metadata as { error?: unknown } | undefined)?.error;
  console.error(`login: ${code}: ${error instanceof Error ? error.message : "no further words"}`);
}
