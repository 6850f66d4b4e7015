import { type KeyObject, randomBytes } from "node:crypto";
import type { Db, Tx } from "#db/client.ts";
import { findSession, insertSession, revokeSessionsOf, type Session } from "#db/sessions.ts";
import type { StreamRecord } from "#db/stream.ts";
import { type User, updateUser } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import type { SignInAnswer } from "../internal/messages.ts";
import type { VerbContext } from "../verb-context.ts";
import type { Actor } from "./actor.ts";
import { rightsOf } from "./rights.ts";
import type { Roles } from "./roles.ts";
import { mintToken, readToken, sidHashOf } from "./session-token.ts";

export const anonymous: Actor = { kind: "anonymous", scopes: new Set() };

/** A sign-in runs with what every verb has, and the key only the hub holds. */
export type SignInContext = VerbContext & { readonly signingKey: KeyObject };

export type SignedIn = Extract<SignInAnswer, { kind: "ok" }>;

/** A session id is made here and nowhere else: new at every login, never taken from what a client brought. */
export async function openSession(tx: Tx, ctx: SignInContext, user: User, method: string): Promise<SignedIn> {
  const sid = randomBytes(32).toString("base64url");
  const now = ctx.clock.now();
  // Whole seconds, as in the token: the row and the token end at the same moment.
  const expiresAt = new Date((Math.floor(now.getTime() / 1000) + ctx.config.hub.sessionSeconds) * 1000);
  const session = await insertSession(tx, {
    sidHash: sidHashOf(sid),
    userId: user.id,
    method,
    clientAddress: ctx.origin.clientAddress,
    createdAt: now,
    expiresAt,
  });
  await updateUser(tx, user.id, { lastActivityAt: now });
  const actor: Actor = { kind: "user", userId: user.id, name: user.name, sessionId: session.id, scopes: new Set() };
  await recordAudit(tx, { ...ctx, actor }, { action: "session.open", target: `user:${user.id}`, detail: { method } });
  const token = await mintToken(ctx.signingKey, "session", { sid, userId: user.id, expiresAt, serverId: null });
  const { id, name, admin } = user;
  return { kind: "ok", token, expiresAt: expiresAt.getTime(), user: { id, name, admin } };
}

/**
 * Who this cookie speaks for, by the database as it is now. Not valid, expired, revoked, disabled: all the same, nobody.
 */
export async function actorOfSession(
  db: Db | Tx,
  keys: readonly KeyObject[],
  cookieToken: string,
  now: Date,
  roles: Roles = {},
): Promise<Actor> {
  const claims = await readToken(keys, "session", cookieToken, now);
  if (claims === null) return anonymous;
  const found = await findSession(db, sidHashOf(claims.sid));
  if (found === undefined) return anonymous;
  const { session, user } = found;
  const over = session.revokedAt !== null || session.expiresAt <= now;
  if (over || user.disabledAt !== null || user.id !== claims.userId) return anonymous;
  const scopes = await rightsOf(db, roles, user);
  return { kind: "user", userId: user.id, name: user.name, sessionId: session.id, scopes };
}

export function sessionRevoked(session: Session): StreamRecord {
  return {
    type: "session-revoked",
    session: { sidHash: session.sidHash, until: session.expiresAt.getTime() },
  };
}

/** Ends every session of a user but one; the caller writes its own audit row and appends what comes back, last. */
export async function endSessionsOf(
  tx: Tx,
  userId: string,
  now: Date,
  exceptSessionId: string | null = null,
): Promise<StreamRecord[]> {
  const ended = await revokeSessionsOf(tx, userId, now, exceptSessionId);
  return ended.map(sessionRevoked);
}
