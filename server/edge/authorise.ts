import { serverCookieName, sessionCookieName, sessionCookiesIn } from "#server/auth/cookies.ts";
import type { Clock } from "#server/clock.ts";
import type { RouteMessage, StoppedMessage } from "#server/internal/messages.ts";
import { portalTokenIn } from "./headers.ts";
import type { RequestHead } from "./request-head.ts";
import type { Revocations } from "./revocations.ts";
import type { Visitor } from "./run.ts";
import type { SessionCache, VerifiedSession } from "./session-cache.ts";
import type { TokenCheck, TokenVerdict } from "./token-check.ts";

/** A server, running or not, as far as it decides who may see it. `null`: there is none, which must look the same. */
export type Guarded = Pick<RouteMessage | StoppedMessage, "serverId" | "ownerId" | "access"> | null;

export type Admission =
  /** `credential: cookie` is sent by a browser unasked, so the caller checks where the request comes from. */
  | { readonly kind: "admitted"; readonly visitor: Visitor; readonly credential: "cookie" | "token" }
  | { readonly kind: "nobody" }
  /** Somebody, but not for this server; or there is no such server. */
  | { readonly kind: "not-theirs" }
  | { readonly kind: "two-sessions"; readonly cookieName: string }
  | { readonly kind: "unavailable" };

export type Authoriser = {
  readonly publicUrl: URL;
  readonly sessions: SessionCache;
  readonly enters: SessionCache;
  readonly tokens: TokenCheck;
  readonly revocations: Revocations;
  readonly clock: Clock;
};

/** Who asks for this server, and whether they may. At once when everything needed is known, which is nearly always. */
export function authorise(
  authoriser: Authoriser,
  head: Pick<RequestHead, "cookie" | "authorization">,
  server: Guarded,
  origin: "portal" | "user",
): Admission | Promise<Admission> {
  const token = portalTokenIn(head.authorization);
  if (token !== null) {
    const verdict = authoriser.tokens.verdictOn(token);
    return verdict instanceof Promise
      ? verdict.then((later) => admitToken(authoriser, later, server))
      : admitToken(authoriser, verdict, server);
  }
  const cookieName = cookieNameFor(authoriser, server, origin);
  const cookies = cookieName === null ? [] : sessionCookiesIn(head.cookie, cookieName);
  if (cookieName !== null && cookies.length > 1) return { kind: "two-sessions", cookieName };
  const session = cookies[0] === undefined ? null : cacheFor(authoriser, origin).read(cookies[0]);
  return session instanceof Promise
    ? session.then((later) => admitSession(authoriser, later, server, origin))
    : admitSession(authoriser, session, server, origin);
}

function cookieNameFor({ publicUrl }: Authoriser, server: Guarded, origin: "portal" | "user"): string | null {
  if (origin === "portal") return sessionCookieName(publicUrl);
  return server === null ? null : serverCookieName(publicUrl, server.serverId);
}

function cacheFor({ sessions, enters }: Authoriser, origin: "portal" | "user"): SessionCache {
  return origin === "portal" ? sessions : enters;
}

function admitSession(
  { revocations, clock }: Authoriser,
  session: VerifiedSession | null,
  server: Guarded,
  origin: "portal" | "user",
): Admission {
  if (session === null) return { kind: "nobody" };
  const { claims, sidHash } = session;
  // A cookie of one server opens that server; a session opens none on a user's own origin.
  if (origin === "user" && claims.serverId !== server?.serverId) return { kind: "nobody" };
  const known = { userId: claims.userId, sidHash, tokenId: null, untilMs: claims.expiresAt.getTime() };
  if (revocations.isOut(known)) return { kind: "nobody" };
  const accessUntilMs = accessOf(server, claims.userId, clock.now().getTime());
  if (accessUntilMs === null) return { kind: "not-theirs" };
  return {
    kind: "admitted",
    visitor: { ...known, untilMs: Math.min(known.untilMs, accessUntilMs) },
    credential: "cookie",
  };
}

function admitToken({ revocations, clock }: Authoriser, verdict: TokenVerdict, server: Guarded): Admission {
  if (verdict.kind === "unavailable") return { kind: "unavailable" };
  if (verdict.kind === "unknown") return { kind: "nobody" };
  const { userId, tokenId, access, expiresAt, sidHash = null } = verdict;
  const known = { userId, sidHash, tokenId, untilMs: expiresAt ?? Number.POSITIVE_INFINITY };
  const nowMs = clock.now().getTime();
  if (revocations.isOut(known) || known.untilMs <= nowMs) return { kind: "nobody" };
  const covered =
    server !== null &&
    access !== "none" &&
    (access === "own" ? server.ownerId === userId : access.includes(server.serverId));
  // What the token may is never more than what its user may now.
  const accessUntilMs = covered ? accessOf(server, userId, nowMs) : null;
  if (accessUntilMs === null) return { kind: "not-theirs" };
  return {
    kind: "admitted",
    visitor: { ...known, untilMs: Math.min(known.untilMs, accessUntilMs) },
    credential: "token",
  };
}

/** Until when this user may enter, or `null`. */
export function accessOf(server: Pick<RouteMessage, "access"> | null, userId: string, nowMs: number): number | null {
  for (const entry of server?.access ?? []) {
    if (entry.userId !== userId) continue;
    if (entry.until === null) return Number.POSITIVE_INFINITY;
    if (entry.until > nowMs) return entry.until;
  }
  return null;
}
