import { z } from "zod";
import { hasGrant } from "#db/access-grants.ts";
import { inTransaction, type Tx } from "#db/client.ts";
import { type Code, redeemCode } from "#db/codes.ts";
import { findServerById, type ServerWithOwner } from "#db/servers.ts";
import { findLiveSession } from "#db/sessions.ts";
import { findLiveToken, insertToken, revokeTokensOfCode } from "#db/tokens.ts";
import { findUserById } from "#db/users.ts";
import { recordAudit } from "#server/audit/record.ts";
import { hashOfToken, makeTokenText, prefixOfToken } from "#server/tokens/token-text.ts";
import { tokenRevoked } from "#server/users/apply-admin.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { Actor } from "./actor.ts";
import { clientIdOf, scopesOfLogin } from "./oauth-client.ts";
import { isVerified } from "./pkce.ts";
import { sidHashOf } from "./session-token.ts";

const text = z.string().max(2048);

/** RFC 6749, 4.1.3. */
export const TokenInput = z.object({
  grant_type: text.optional(),
  client_id: text.optional(),
  client_secret: text.optional(),
  code: text.optional(),
  redirect_uri: text.optional(),
  code_verifier: text.optional(),
});
type Input = z.infer<typeof TokenInput>;

/** RFC 6749, 5.1 and 5.2: said to the server, which shows the description to its visitor. */
export type TokenOutcome =
  | { readonly kind: "given"; readonly token: string; readonly expiresInSeconds: number; readonly scope: string }
  | { readonly kind: "refused"; readonly error: TokenError; readonly description: string };
type TokenError = "invalid_request" | "invalid_client" | "invalid_grant" | "unsupported_grant_type";

const refused = (error: TokenError, description: string): TokenOutcome => ({ kind: "refused", error, description });
const tooLate = refused("invalid_grant", "This login took too long or was used before. Open the server again.");
const notThisOne = refused("invalid_grant", "This code was not made for this login. Open the server again.");

/**
 * A server hands in the code its visitor came back with, and gets a token that says who they are. The code is good once, whatever comes of
 * it; brought again, what was given for it ends too (RFC 6749, 4.1.2). The client's secret is the server's own token.
 */
export async function redeemLogin(ctx: VerbContext, rawInput: unknown): Promise<TokenOutcome> {
  const input = TokenInput.parse(rawInput);
  if (input.grant_type !== "authorization_code")
    return refused("unsupported_grant_type", "Only grant_type=authorization_code is known here.");
  const client = await clientOf(ctx, input);
  if (client === null) return refused("invalid_client", "The server's own token isn't valid. Restart the server.");
  const { code } = input;
  if (code === undefined) return refused("invalid_request", "The code is missing.");
  const asServer = { ...ctx, actor: actorOf(client) };
  return await inTransaction(ctx.db, async (tx) => {
    const taken = await redeemCode(tx, sidHashOf(code), "oauth");
    if (taken === undefined) return await endWhatCameOf(tx, asServer, sidHashOf(code));
    if (taken.expiresAt <= ctx.clock.now()) return tooLate;
    return isFor(taken, client, input) ? await give(tx, asServer, taken, client) : notThisOne;
  });
}

type Client = { readonly found: ServerWithOwner; readonly tokenId: string };

/** RFC 6749, 2.3.1. The secret says which server it is; the id it sends must be that server's. */
async function clientOf(ctx: VerbContext, { client_id, client_secret }: Input): Promise<Client | null> {
  if (client_id === undefined || client_secret === undefined) return null;
  const live = await findLiveToken(ctx.db, hashOfToken(client_secret), ctx.clock.now());
  if (live?.token.kind !== "server" || live.token.serverId === null) return null;
  if (clientIdOf(live.token.serverId) !== client_id) return null;
  const found = await findServerById(ctx.db, live.token.serverId);
  return found === undefined ? null : { found, tokenId: live.token.id };
}

function actorOf({ found: { server, ownerName }, tokenId }: Client): Actor {
  return { kind: "token", userId: server.userId, name: ownerName, tokenId, serverId: server.id, scopes: new Set() };
}

function isFor({ payload }: Code, { found: { server } }: Client, input: Input): boolean {
  return (
    payload.serverId === server.id &&
    payload.generation === String(server.generation) &&
    payload.redirectUri === input.redirect_uri &&
    isVerified(payload.challenge === "" ? null : (payload.challenge ?? null), input.code_verifier)
  );
}

async function give(tx: Tx, ctx: VerbContext, code: Code, { found }: Client): Promise<TokenOutcome> {
  const { userId = "", sessionId = "" } = code.payload;
  const { server } = found;
  const now = ctx.clock.now();
  const [session, user] = [await findLiveSession(tx, sessionId, now), await findUserById(tx, userId)];
  if (session === undefined || user === undefined || user.disabledAt !== null)
    return refused("invalid_grant", "You have logged out meanwhile. Log in again.");
  if (server.userId !== user.id && !(await hasGrant(tx, server.id, user.id, now)))
    return refused("invalid_grant", "Your leave to open this server has ended.");
  const token = makeTokenText();
  const scopes = scopesOfLogin(user.name, found);
  const row = await insertToken(tx, {
    userId: user.id,
    kind: "oauth",
    serverId: server.id,
    generation: server.generation,
    sessionId: session.id,
    codeHash: code.hash,
    hash: hashOfToken(token),
    prefix: prefixOfToken(token),
    note: "of a login in a server",
    scopes: [...scopes],
    createdAt: now,
    expiresAt: session.expiresAt,
  });
  await recordAudit(tx, ctx, {
    action: "server.login",
    target: `server:${server.id}`,
    detail: { user: user.name, owner: found.ownerName, server: server.name, token: row.id },
  });
  const expiresInSeconds = Math.floor((session.expiresAt.getTime() - now.getTime()) / 1000);
  return { kind: "given", token, expiresInSeconds, scope: scopes.join(" ") };
}

/** Two had this code, and one of them stole it. */
async function endWhatCameOf(tx: Tx, ctx: VerbContext, codeHash: string): Promise<TokenOutcome> {
  const ended = await revokeTokensOfCode(tx, codeHash, ctx.clock.now());
  if (ended.length === 0) return tooLate;
  await recordAudit(tx, ctx, {
    action: "server.login-code-reused",
    target: `server:${ended[0]?.serverId ?? ""}`,
    detail: { tokensRevoked: ended.length },
  });
  await ctx.changes.append(tx, ended.map(tokenRevoked));
  return tooLate;
}
