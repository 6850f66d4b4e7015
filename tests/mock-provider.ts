import { createHash, randomBytes } from "node:crypto";
import { importJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { OAuth2Server } from "oauth2-mock-server";
import type { SignInQuestion } from "#server/internal/messages.ts";

export const clientId = "berth-client";
const redirectUri = "http://127.0.0.1:8000/api/auth/callback/campus";

type OauthQuestion = Extract<SignInQuestion, { method: "oauth" }>;
type TokenBody = Record<string, unknown>;
export type MockProvider = Awaited<ReturnType<typeof startMockProvider>>;

/** A real OIDC provider in this process. `claims` are put into every id_token. */
export async function startMockProvider(now: () => Date) {
  const server = new OAuth2Server();
  await server.issuer.keys.generate("RS256", { kid: "first" });
  await server.start(0, "127.0.0.1");
  const state = {
    claims: {} as JWTPayload,
    idToken: null as string | null,
    status: 200,
    body: null as TokenBody | null,
  };
  server.service.on("beforeTokenSigning", (token: { payload: JWTPayload }) => {
    const seconds = Math.floor(now().getTime() / 1000);
    Object.assign(token.payload, { iat: seconds, nbf: seconds - 10, exp: seconds + 3600 }, state.claims);
  });
  server.service.on("beforeResponse", (response: { statusCode: number; body: TokenBody }) => {
    response.statusCode = state.status;
    if (state.idToken !== null) response.body.id_token = state.idToken;
    if (state.body !== null) response.body = state.body;
  });
  const issuer = server.issuer.url ?? "";
  const url = (path: string) => `http://127.0.0.1:${server.address().port}${path}`;

  server.service.on("beforeUserinfo", (response: { body: TokenBody }) => {
    response.body = { sub: state.claims.sub };
  });

  /** What a browser brings back from here, as web hands it to the hub. */
  const login = async (more: Partial<OauthQuestion> = {}): Promise<OauthQuestion> => {
    const codeVerifier = randomBytes(32).toString("base64url");
    const [stateText, nonce] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
    const challenge = createHash("sha256").update(codeVerifier).digest("base64url");
    const query = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: "openid",
      state: stateText,
      nonce,
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
    const answer = await fetch(url(`/authorize?${query}`), { redirect: "manual" });
    const back = new URL(answer.headers.get("location") ?? "");
    const code = back.searchParams.get("code") ?? "";
    return {
      method: "oauth",
      provider: "campus",
      code,
      state: back.searchParams.get("state") ?? "",
      expectedState: stateText,
      codeVerifier,
      nonce,
      issuer: null,
      redirectUri,
      client: "192.0.2.1",
      ...more,
    };
  };

  /** An id_token as this provider would sign it, changed as the test wishes. */
  const sign = async (payload: JWTPayload, header: Partial<JWTHeaderParameters> = {}, keyId = "first") => {
    const jwk = server.issuer.keys.get(keyId);
    if (jwk === undefined) throw new Error("the mock provider has no such key");
    const seconds = Math.floor(now().getTime() / 1000);
    const claims = {
      iss: issuer,
      aud: clientId,
      sub: "s-1",
      iat: seconds,
      exp: seconds + 300,
      ...state.claims,
      ...payload,
    };
    const whole = { alg: jwk.alg, kid: keyId, ...header };
    return await new SignJWT(claims).setProtectedHeader(whole).sign(await importJWK(jwk, jwk.alg));
  };

  return { server, issuer, state, login, sign, stop: () => server.stop() };
}
