import { createHash } from "node:crypto";
import { sameText } from "./same-text.ts";

/** RFC 7636, 4.1: what a verifier is made of, and so a challenge. */
const verifierShape = /^[A-Za-z0-9\-._~]{43,128}$/;
const challengeShape = /^[A-Za-z0-9_-]{43}$/;

/** The challenge of a login, `null` without one; `invalid` for what can't be checked later (RFC 7636, 4.4.1). */
export function challengeOf(challenge: string | undefined, method: string | undefined): string | null | "invalid" {
  if (challenge === undefined) return method === undefined ? null : "invalid";
  return method === "S256" && challengeShape.test(challenge) ? challenge : "invalid";
}

/** Whether who brings the code also began the login. A verifier where there was no challenge is a login gone wrong (RFC 9700, 4.8.2). */
export function isVerified(challenge: string | null, verifier: string | undefined): boolean {
  if (challenge === null) return verifier === undefined;
  if (verifier === undefined || !verifierShape.test(verifier)) return false;
  return sameText(createHash("sha256").update(verifier).digest("base64url"), challenge);
}
