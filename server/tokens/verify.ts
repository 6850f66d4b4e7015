import type { z } from "zod";
import type { Db } from "#db/client.ts";
import { findTokenByHash, serverIdsByName, type Token, touchToken } from "#db/tokens.ts";
import type { User } from "#db/users.ts";
import type { Actor } from "../auth/actor.ts";
import { rightsOf } from "../auth/rights.ts";
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
  const found = await findTokenByHash(db, hashOfToken(text));
  if (found === undefined) return null;
  const { token, user } = found;
  const expired = token.expiresAt !== null && token.expiresAt <= now;
  if (expired || token.revokedAt !== null || user.disabledAt !== null) return null;
  await touchToken(db, token.id, now, new Date(now.getTime() - touchEveryMs));
  const asked = token.scopes.map(parseScope).filter((scope) => scope !== null);
  return { token, user, scopes: intersectScopes(await rightsOf(db, roles, user), asked) };
}

/** Who a token speaks for. Unknown, expired, revoked, its owner disabled: all the same, nobody. */
export async function actorOfToken(db: Db, text: string, now: Date, roles: Roles = {}): Promise<Actor> {
  const live = await liveToken(db, text, now, roles);
  if (live === null) return anonymous;
  const { token, user, scopes } = live;
  return { kind: "token", userId: user.id, name: user.name, tokenId: token.id, serverId: token.serverId, scopes };
}

/** For the edge: which of its owner's servers a token opens. It never opens another's, whoever made it. */
export async function answerToken(
  db: Db,
  question: z.infer<typeof TokenQuestion>,
  now: Date,
  roles: Roles = {},
): Promise<TokenAnswer> {
  const live = await liveToken(db, question.token, now, roles);
  if (live === null) return { kind: "unknown" };
  const { token, user, scopes } = live;
  return {
    kind: "user",
    tokenId: token.id,
    userId: user.id,
    userName: user.name,
    access: await accessOf(db, user, scopes),
    expiresAt: token.expiresAt?.getTime() ?? null,
  };
}

async function accessOf(db: Db, user: User, scopes: ReadonlySet<Scope>): Promise<"own" | "none" | string[]> {
  if (hasScope(scopes, "access:servers", { user: user.name })) return "own";
  const named = `access:servers!server=${user.name}/`;
  if (![...scopes].some((scope) => scope.startsWith(named))) return "none";
  const ids = await serverIdsByName(db, user.id);
  const open = [...ids].filter(([server]) => hasScope(scopes, "access:servers", { user: user.name, server }));
  return open.length === 0 ? "none" : open.map(([, id]) => id);
}
