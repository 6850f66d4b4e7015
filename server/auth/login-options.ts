import type { GithubProvider } from "../config/schema.ts";
import type { LoginOptions } from "../internal/messages.ts";
import type { VerbContext } from "../verb-context.ts";
import { asksOrganizations } from "./github.ts";
import type { IdentityProviders } from "./providers.ts";

type Offer = LoginOptions["providers"][number];

/** What the login page offers. A provider that is down is left out; the others, and local accounts, still work. */
export async function loginOptions(
  ctx: Pick<VerbContext, "config" | "log">,
  providers: IdentityProviders,
): Promise<LoginOptions> {
  const { auth } = ctx.config;
  const offers = await Promise.all(auth.oidc.map((provider) => oidcOffer(ctx, providers, provider)));
  const offered = [...offers.filter((offer) => offer !== null), ...(auth.github ? [githubOffer(auth.github)] : [])];
  const autoLogin = offered.some((offer) => offer.id === auth.autoLogin) ? (auth.autoLogin ?? null) : null;
  return { local: auth.local.enabled, dummy: auth.dummy !== undefined, providers: offered, autoLogin };
}

async function oidcOffer(
  ctx: Pick<VerbContext, "log">,
  providers: IdentityProviders,
  provider: VerbContext["config"]["auth"]["oidc"][number],
): Promise<Offer | null> {
  const client = providers.oidc.get(provider.id);
  const metadata = await client?.metadata().catch((error: unknown) => {
    ctx.log.warn(
      { provider: provider.id, err: error },
      "a login provider doesn't answer; the login page leaves it out",
    );
    return undefined;
  });
  if (metadata === undefined) return null;
  return {
    id: provider.id,
    displayName: provider.displayName,
    kind: "oidc",
    clientId: provider.clientId,
    authorizationUrl: metadata.authorization_endpoint,
    scope: [...new Set(["openid", ...provider.scope])].join(" "),
    issuer: metadata.issuer,
    nonce: true,
  };
}

function githubOffer(provider: GithubProvider): Offer {
  return {
    id: "github",
    displayName: provider.displayName,
    kind: "github",
    clientId: provider.clientId,
    authorizationUrl: `${provider.baseUrl.replace(/\/$/, "")}/login/oauth/authorize`,
    scope: asksOrganizations(provider) ? "read:user read:org" : "read:user",
    issuer: null,
    nonce: false,
  };
}
