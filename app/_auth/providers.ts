import type { NextAuthOptions, Profile } from "next-auth";
import CredentialsProvider from "next-auth/providers/credentials";
import type { OAuthConfig } from "next-auth/providers/oauth";
import type { LoginOptions, SignInAnswer, SignInQuestion } from "#server/internal/messages.ts";
import { askSignIn } from "#server/web/ask-hub.ts";
import type { BerthUser } from "./options.ts";

type Offer = LoginOptions["providers"][number];
type Providers = NextAuthOptions["providers"];

function userOf(answer: SignInAnswer): BerthUser {
  return answer.kind === "ok" ? { id: answer.user.id, name: answer.user.name, answer } : { id: "refused", answer };
}

async function ask(question: SignInQuestion): Promise<BerthUser> {
  return userOf(await askSignIn(question));
}

/** Passwords and the admin link: the hub gets what was typed, and answers who that is. */
export function credentialProviders(login: LoginOptions, client: string): Providers {
  const fields = { username: {}, password: {} };
  const passwordProvider = (method: "local" | "dummy") =>
    CredentialsProvider({
      id: method,
      name: method,
      credentials: fields,
      authorize: (given) => ask({ method, username: given?.username ?? "", password: given?.password ?? "", client }),
    });
  return [
    ...(login.local ? [passwordProvider("local")] : []),
    ...(login.dummy ? [passwordProvider("dummy")] : []),
    CredentialsProvider({
      id: "admin-link",
      name: "admin-link",
      credentials: { code: {} },
      authorize: (given) => ask({ method: "admin-link", code: given?.code ?? "", client }),
    }),
  ];
}

/** The OAuth round without the exchange: code, state and verifier go to the hub, which alone holds the client's secret. */
export function oauthProvider(offer: Offer, publicUrl: string, client: string): OAuthConfig<BerthUser> {
  const redirectUri = `${new URL(publicUrl).origin}/api/auth/callback/${offer.id}`;
  return {
    id: offer.id,
    name: offer.displayName,
    type: "oauth",
    clientId: offer.clientId,
    checks: offer.nonce ? ["pkce", "state", "nonce"] : ["pkce", "state"],
    ...(offer.issuer === null ? {} : { issuer: offer.issuer }),
    authorization: { url: offer.authorizationUrl, params: { scope: offer.scope, response_type: "code" } },
    token: {
      request: async ({ params, checks }) => {
        const user = await ask({
          method: "oauth",
          provider: offer.id,
          code: params.code ?? "",
          state: params.state ?? "",
          expectedState: checks.state ?? "",
          codeVerifier: checks.code_verifier ?? "",
          nonce: nonceIn(checks),
          issuer: typeof params.iss === "string" ? params.iss : null,
          redirectUri,
          client,
        });
        return { tokens: { user } };
      },
    },
    userinfo: { request: async ({ tokens }) => userIn(tokens) as Profile },
    profile: (user) => user,
  };
}

/** next-auth puts it there; its types don't say so. */
function nonceIn(checks: object): string | null {
  return "nonce" in checks && typeof checks.nonce === "string" ? checks.nonce : null;
}

function userIn(tokens: object): BerthUser {
  if ("user" in tokens) return tokens.user as BerthUser;
  throw new Error("the token step left no user");
}
