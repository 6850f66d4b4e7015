import type { z } from "zod";
import { hasGrant } from "#db/access-grants.ts";
import type { Db } from "#db/client.ts";
import { sidHashOfSession } from "#db/sessions.ts";
import { findLiveToken, serverIdsByName, type Token, touchToken } from "#db/tokens.ts";
import type { User } from "#db/users.ts";
import type { Actor } from "../auth/actor.ts";
import { standingOf } from "../auth/rights.ts";
import type { Roles } from "../auth/roles.ts";
import { hasScope, intersectScopes, parseScope, type Scope } from "../auth/scopes.ts";
import { anonymous } from "../auth/session.ts";
import type { TokenAnswer, TokenQuestion } from "../internal/messages.ts";
import { hashOfToken, isTokenText } from "./token-text.ts";

const touchEveryMs = 5 * 60_000;

type LiveToken = { readonly token: Token; readonly user: User; readonly scopes: ReadonlySet<Scope> };

/** The token as it stands now: its scopes are cut to what its owner may do at this moment. */
async function liveToken(db: Db, text: string, now: Date, roles: Roles): Promise<LiveToken | null> {
  if (!isTokenText(text)) return null;
  const found = await findLiveToken(db, hashOfToken(text), now);
  if (found === undefined) return null;
  const { token, user } = found;
  await touchToken(db, token.id, now, new Date(now.getTime() - touchEveryMs));
  const asked = token.scopes.map(parseScope).filter((scope) => scope !== null);
  const standing = await standingOf(db, roles, user);
  const rights = new Set(standing.rights);
  // By no name: a token made for what is its owner's own neither ends nor reaches further when a group is renamed.
  if (asked.includes(`read:groups!user=${user.name}`))
    for (const { group } of standing.memberships) asked.push(`read:groups!group=${group}`);
  if (await hasLeave(db, token, now)) for (const scope of asked) if (isOneServer(scope)) rights.add(scope);
  return { token, user, scopes: intersectScopes(rights, asked) };
}

const isOneServer = (scope: Scope) => scope.startsWith("access:servers!server=");

/** A visitor who was let into somebody else's server: the grant is asked for each time, so its end is the token's. */
async function hasLeave(db: Db, { kind, serverId, userId }: Token, now: Date): Promise<boolean> {
  return kind === "oauth" && serverId !== null && (await hasGrant(db, serverId, userId, now));
}

/** Who a token speaks for. Unknown, expired, revoked, its owner disabled: all the same, nobody. */
export async function actorOfToken(db: Db, text: string, now: Date, roles: Roles = {}): Promise<Actor> {
  const live = await liveToken(db, text, now, roles);
  if (live === null) return anonymous;
  const { token, user, scopes } = live;
  const serverId = token.kind === "server" ? token.serverId : null;
  return { kind: "token", userId: user.id, name: user.name, tokenId: token.id, serverId, scopes };
}

/** For the edge: which servers a token opens. Its owner's, and the one whose login it was made in; never another's, whoever made it. */
export async function answerToken(
  db: Db,
  question: z.infer<typeof TokenQuestion>,
  now: Date,
  roles: Roles = {},
): Promise<TokenAnswer> {
  const live = await liveToken(db, question.token, now, roles);
  if (live === null) return { kind: "unknown" };
  const { token, user } = live;
  return {
    kind: "user",
    tokenId: token.id,
    userId: user.id,
    userName: user.name,
    access: await accessOf(db, live),
    expiresAt: token.expiresAt?.getTime() ?? null,
    sidHash: token.sessionId === null ? null : await sidHashOfSession(db, token.sessionId),
  };
}

async function accessOf(db: Db, { token, user, scopes }: LiveToken): Promise<"own" | "none" | string[]> {
  if (token.kind === "oauth")
    return token.serverId !== null && [...scopes].some(isOneServer) ? [token.serverId] : "none";
  if (hasScope(scopes, "access:servers", { user: user.name })) return "own";
  const named = `access:servers!server=${user.name}/`;
  if (![...scopes].some((scope) => scope.startsWith(named))) return "none";
  const ids = await serverIdsByName(db, user.id);
  const open = [...ids].filter(([server]) => hasScope(scopes, "access:servers", { user: user.name, server }));
  return open.length === 0 ? "none" : open.map(([, id]) => id);
}
