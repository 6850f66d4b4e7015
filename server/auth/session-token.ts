import { createHash, type KeyObject } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";

/**
 * The session token: an EdDSA JWT that only the hub can make and that edge and web can check. It says who and until
 * when; rights come from the database row behind `sid`, so they never outlive a change.
 */
const Claims = z.object({ sid: z.string().min(22), sub: z.string(), exp: z.int(), server: z.string().optional() });

/** `session`: the portal's cookie. `enter`: the cookie of one server on its owner's own origin. Never interchangeable. */
export type TokenPurpose = "session" | "enter";

export type SessionClaims = {
  readonly sid: string;
  readonly userId: string;
  readonly expiresAt: Date;
  /** Set for purpose `enter`: the one server this token opens. */
  readonly serverId: string | null;
};

const audienceOf: Record<TokenPurpose, string> = { session: "berth:session", enter: "berth:enter" };
const issuer = "berth:hub";

export async function mintToken(key: KeyObject, purpose: TokenPurpose, claims: SessionClaims): Promise<string> {
  const extra = claims.serverId === null ? {} : { server: claims.serverId };
  return await new SignJWT({ sid: claims.sid, ...extra })
    .setProtectedHeader({ alg: "EdDSA", typ: "JWT" })
    .setSubject(claims.userId)
    .setIssuer(issuer)
    .setAudience(audienceOf[purpose])
    .setExpirationTime(Math.floor(claims.expiresAt.getTime() / 1000))
    .sign(key);
}

/** `null` for anything that isn't a valid, unexpired token of this purpose; never throws on what a client sent. */
export async function readToken(
  keys: readonly KeyObject[],
  purpose: TokenPurpose,
  token: string,
  now: Date,
): Promise<SessionClaims | null> {
  for (const key of keys) {
    const verified = await jwtVerify(token, key, {
      algorithms: ["EdDSA"],
      issuer,
      audience: audienceOf[purpose],
      currentDate: now,
    }).catch(() => null);
    const claims = Claims.safeParse(verified?.payload);
    if (claims.success) {
      const { sid, sub, exp, server } = claims.data;
      return { sid, userId: sub, expiresAt: new Date(exp * 1000), serverId: server ?? null };
    }
  }
  return null;
}

/** What is stored and streamed instead of the session id itself. */
export function sidHashOf(sid: string): string {
  return createHash("sha256").update(sid).digest("base64url");
}
