import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { sameText } from "./same-text.ts";

/** Signatures only: with a shared-secret algorithm the provider's public key would do as the secret. `none` is none. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const clockToleranceSeconds = 60;

export type IdTokenQuestion = {
  readonly issuer: string;
  readonly clientId: string;
  /** `null` for a token that came by refresh: it carries none (OpenID Connect Core 1.0 §12.2). */
  readonly nonce: string | null;
  readonly now: Date;
  readonly keys: JWTVerifyGetKey;
};

export type IdTokenClaims = JWTPayload & { readonly iss: string; readonly sub: string };
export type IdTokenResult =
  | { readonly kind: "valid"; readonly claims: IdTokenClaims }
  | { readonly kind: "invalid"; readonly reason: string };

/** The checks of OpenID Connect Core 1.0 §3.1.3.7. The reason names the check, never the token. */
export async function verifyIdToken(idToken: string, question: IdTokenQuestion): Promise<IdTokenResult> {
  const verified = await jwtVerify(idToken, question.keys, {
    algorithms,
    issuer: question.issuer,
    audience: question.clientId,
    currentDate: question.now,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ["sub", "iat", "exp", "aud", "iss"],
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  if (verified instanceof Error) return { kind: "invalid", reason: verified.message };
  const { iss, sub, aud, azp, nonce } = verified.payload;
  if (typeof iss !== "string" || typeof sub !== "string" || sub === "")
    return { kind: "invalid", reason: "no subject" };
  if (sub.length > 255) return { kind: "invalid", reason: "a subject longer than 255 characters" };
  const severalAudiences = Array.isArray(aud) && aud.length > 1;
  if ((severalAudiences || azp !== undefined) && azp !== question.clientId) {
    return { kind: "invalid", reason: "issued to another client (azp)" };
  }
  if (question.nonce === null) return { kind: "valid", claims: { ...verified.payload, iss, sub } };
  if (question.nonce === "" || typeof nonce !== "string" || !sameText(nonce, question.nonce)) {
    return { kind: "invalid", reason: "another nonce than the one this login began with" };
  }
  return { kind: "valid", claims: { ...verified.payload, iss, sub } };
}
