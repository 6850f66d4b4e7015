import type { Tx } from "#db/client.ts";
import type { StreamRecord } from "#db/stream.ts";
import { revokeTokensOf } from "#db/tokens.ts";
import { type User, updateUser } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import { endSessionsOf } from "../auth/session.ts";
import type { VerbContext } from "../verb-context.ts";
import { endGrants, tokenRevoked } from "./apply-admin.ts";

/**
 * Shuts a user out, or lets them in again: with the commit sessions and tokens are over. The caller holds the row, appends what comes
 * back, last, and stops the servers after the commit.
 */
export async function applyDisabled(
  tx: Tx,
  ctx: VerbContext,
  user: User,
  disabled: boolean,
): Promise<{ user: User; changes: StreamRecord[] }> {
  if ((user.disabledAt !== null) === disabled) return { user, changes: [] };
  const now = ctx.clock.now();
  const disabledAt = disabled ? now : null;
  await updateUser(tx, user.id, { disabledAt });
  const ended = disabled ? await endSessionsOf(tx, user.id, now) : [];
  const tokens = disabled ? await revokeTokensOf(tx, user.id, "all", now) : [];
  const grants = disabled ? await endGrants(tx, user.id, now) : [];
  await recordAudit(tx, ctx, {
    action: disabled ? "user.disable" : "user.enable",
    target: `user:${user.id}`,
    detail: { name: user.name, sessionsEnded: ended.length, tokensRevoked: tokens.length },
  });
  const told = { type: "user-disabled", user: { userId: user.id, disabled } } as const;
  return { user: { ...user, disabledAt }, changes: [told, ...grants, ...ended, ...tokens.map(tokenRevoked)] };
}
