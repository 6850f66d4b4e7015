import { endGrantsOf } from "#db/access-grants.ts";
import type { Tx } from "#db/client.ts";
import type { StreamRecord } from "#db/stream.ts";
import { revokeTokensOf } from "#db/tokens.ts";
import { type User, updateUser } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import { endSessionsOf } from "../auth/session.ts";
import type { VerbContext } from "../verb-context.ts";

/**
 * Gives or takes the admin role. Either way what was handed out before ends: a session id never survives a change of
 * rights, and tokens an admin made could carry what their owner no longer may. The caller appends what comes back, last.
 */
export async function applyAdmin(
  tx: Tx,
  ctx: VerbContext,
  user: User,
  admin: boolean,
): Promise<{ user: User; changes: StreamRecord[] }> {
  if (user.admin === admin) return { user, changes: [] };
  const now = ctx.clock.now();
  await updateUser(tx, user.id, { admin });
  const sessions = await endSessionsOf(tx, user.id, now);
  const tokens = admin ? [] : await revokeTokensOf(tx, user.id, "own", now);
  const grants = admin ? [] : await endGrants(tx, user.id, now);
  await recordAudit(tx, ctx, {
    action: admin ? "user.make-admin" : "user.unmake-admin",
    target: `user:${user.id}`,
    detail: { name: user.name, sessionsEnded: sessions.length, tokensRevoked: tokens.length },
  });
  return { user: { ...user, admin }, changes: [...grants, ...sessions, ...tokens.map(tokenRevoked)] };
}

export function tokenRevoked(token: { readonly id: string }): StreamRecord {
  return { type: "token-revoked", token: { tokenId: token.id } };
}

/** Leave to enter others' servers came with the role and the account, and ends with them. */
export async function endGrants(tx: Tx, userId: string, now: Date): Promise<StreamRecord[]> {
  const closed = await endGrantsOf(tx, userId, now);
  return closed.map((serverId) => ({ type: "server", serverId }));
}
