import type { JWTVerifyGetKey } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { OidcProvider } from "../config/schema.ts";
import type { Exchanged, Refreshed } from "./external-identity.ts";
import { fetchJson, ProviderError } from "./fetch-json.ts";
import { verifyIdToken } from "./id-token.ts";
import { createKeySet } from "./jwks.ts";
import { type Claims, identityFromClaims, lacksClaims } from "./oidc-claims.ts";
import { createDiscovery, type ProviderMetadata } from "./oidc-discovery.ts";
import { sameText } from "./same-text.ts";

/** What came back from the provider through the browser, its state already compared. */
export type OauthReturn = {
  readonly code: string;
  readonly codeVerifier: string;
  readonly nonce: string | null;
  /** The `iss` parameter of RFC 9207, when there was one. */
  readonly issuer: string | null;
  readonly redirectUri: string;
};

export interface OidcClient {
  metadata(): Promise<ProviderMetadata>;
  exchange(returned: OauthReturn): Promise<Exchanged>;
  /** Today's claims of the subject this refresh token was given for. */
  refresh(refreshToken: string, subject: string): Promise<Refreshed>;
}

const tokenText = z.string().max(65_536);
const TokenAnswer = z.object({
  id_token: tokenText,
  access_token: tokenText.optional(),
  refresh_token: tokenText.optional(),
});
const RefreshAnswer = TokenAnswer.extend({ id_token: tokenText.optional() });

/** One generic OIDC provider: the hub itself redeems the code and checks the proof; web only carries them. */
export function createOidcClient(provider: OidcProvider, clock: Clock): OidcClient {
  const metadata = createDiscovery(provider.issuer, clock);
  let keys: { uri: string; keySet: JWTVerifyGetKey } | null = null;
  const keysAt = (uri: string) => {
    if (keys?.uri !== uri) keys = { uri, keySet: createKeySet(uri, clock) };
    return keys.keySet;
  };

  const exchange = async (returned: OauthReturn): Promise<Exchanged> => {
    const about = await metadata();
    if (issuerMismatch(about, returned.issuer)) {
      return { kind: "none", code: "wrong", reason: "the answer came from another issuer than was asked" };
    }
    const tokens = TokenAnswer.parse(await redeem(provider, about, grantOfCode(returned)));
    const verified = await verifyIdToken(tokens.id_token, {
      issuer: about.issuer,
      clientId: provider.clientId,
      nonce: returned.nonce ?? "",
      now: clock.now(),
      keys: keysAt(about.jwks_uri),
    });
    if (verified.kind === "invalid") return { kind: "none", code: "provider", reason: `id_token: ${verified.reason}` };
    const { claims } = verified;
    const more = lacksClaims(provider, claims) ? await userinfo(about, tokens.access_token, claims.sub) : {};
    const identity = identityFromClaims(provider, { ...more, ...claims });
    return { kind: "identity", identity, refreshToken: tokens.refresh_token ?? null };
  };

  const refresh = async (refreshToken: string, subject: string): Promise<Refreshed> => {
    const about = await metadata();
    const grant = { grant_type: "refresh_token", refresh_token: refreshToken };
    const tokens = RefreshAnswer.parse(await redeem(provider, about, grant));
    const signed = await claimsOf(about, tokens.id_token);
    if (signed !== null && !sameText(signed.sub, subject))
      return { kind: "unknown", reason: "the answer speaks of another subject" };
    const claims = { ...signed, iss: about.issuer, sub: subject };
    const more = lacksClaims(provider, claims) ? await userinfo(about, tokens.access_token, subject) : {};
    const identity = identityFromClaims(provider, { ...more, ...claims });
    return { kind: "identity", identity, refreshToken: tokens.refresh_token ?? null };
  };

  const claimsOf = async (about: ProviderMetadata, idToken: string | undefined) => {
    if (idToken === undefined) return null;
    const verified = await verifyIdToken(idToken, {
      issuer: about.issuer,
      clientId: provider.clientId,
      nonce: null,
      now: clock.now(),
      keys: keysAt(about.jwks_uri),
    });
    if (verified.kind === "invalid") throw new ProviderError(`id_token: ${verified.reason}`);
    return verified.claims;
  };

  return {
    metadata,
    exchange: (returned) => exchange(returned).catch(asNone),
    refresh: (refreshToken, subject) => refresh(refreshToken, subject).catch(asUnknown),
  };
}

function grantOfCode(returned: OauthReturn): Record<string, string> {
  return {
    grant_type: "authorization_code",
    code: returned.code,
    redirect_uri: returned.redirectUri,
    code_verifier: returned.codeVerifier,
  };
}

/** Only the provider's own word ends anything: a provider that can't be reached takes nobody's groups. */
function asUnknown(error: unknown): Refreshed {
  if (error instanceof ProviderError && error.status === 400 && isInvalidGrant(error.body)) return { kind: "refused" };
  if (error instanceof z.ZodError) return { kind: "unknown", reason: "an answer of another form" };
  return { kind: "unknown", reason: error instanceof Error ? error.message : "unknown" };
}

/** Mix-up (RFC 9207 §2.4): a provider that promised to name itself and didn't is refused too. */
function issuerMismatch(about: ProviderMetadata, named: string | null): boolean {
  if (named === null) return about.authorization_response_iss_parameter_supported === true;
  return named !== about.issuer;
}

async function redeem(
  provider: OidcProvider,
  about: ProviderMetadata,
  grant: Readonly<Record<string, string>>,
): Promise<unknown> {
  const body = new URLSearchParams(grant);
  const headers: Record<string, string> = { "content-type": "application/x-www-form-urlencoded" };
  const methods = about.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  if (provider.clientSecret === undefined) {
    body.set("client_id", provider.clientId);
  } else if (methods.includes("client_secret_post") && !methods.includes("client_secret_basic")) {
    body.set("client_id", provider.clientId);
    body.set("client_secret", provider.clientSecret);
  } else {
    // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
    const pair = `${formEncoded(provider.clientId)}:${formEncoded(provider.clientSecret)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
  }
  return await fetchJson(about.token_endpoint, { method: "POST", headers, body });
}

/** OpenID Connect Core 1.0 §5.3.2: claims about another subject than the id_token's must not be used. */
async function userinfo(about: ProviderMetadata, accessToken: string | undefined, subject: string): Promise<Claims> {
  if (about.userinfo_endpoint === undefined || accessToken === undefined) return {};
  const answer = await fetchJson(about.userinfo_endpoint, { headers: { authorization: `Bearer ${accessToken}` } });
  const claims = z.looseObject({ sub: z.string() }).parse(answer);
  if (!sameText(claims.sub, subject)) throw new ProviderError("the userinfo endpoint speaks of another subject");
  return claims;
}

/** Whatever goes wrong on the way makes nobody of the login: never half a user (CVE-2026-73421). */
export function asNone(error: unknown): Exchanged {
  if (error instanceof ProviderError && error.status !== null && isInvalidGrant(error.body)) {
    return { kind: "none", code: "expired", reason: "the provider no longer takes this code" };
  }
  const reason = error instanceof Error ? error.message : "unknown";
  return { kind: "none", code: "provider", reason: error instanceof z.ZodError ? "an answer of another form" : reason };
}

function isInvalidGrant(body: unknown): boolean {
  return typeof body === "object" && body !== null && "error" in body && body.error === "invalid_grant";
}

function formEncoded(text: string): string {
  return new URLSearchParams({ text }).toString().slice("text=".length);
}
