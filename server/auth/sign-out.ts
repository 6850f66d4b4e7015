import type { KeyObject } from "node:crypto";
import { inTransaction } from "#db/client.ts";
import { findSession, revokeSession } from "#db/sessions.ts";
import { recordAudit } from "../audit/record.ts";
import type { VerbContext } from "../verb-context.ts";
import type { Actor } from "./actor.ts";
import { sessionRevoked } from "./session.ts";
import { readToken, sidHashOf } from "./session-token.ts";

/**
 * Ends the session a token belongs to. Holding the token is the right to end it; one that is over already, or was never
 * ours, is success, so a second tab's log-out ends well too.
 */
export async function endSession(ctx: VerbContext, keys: readonly KeyObject[], token: string): Promise<void> {
  const claims = await readToken(keys, "session", token, ctx.clock.now());
  if (claims === null) return;
  const sidHash = sidHashOf(claims.sid);
  const found = await findSession(ctx.db, sidHash);
  if (found === undefined) return;
  const { user } = found;
  const actor: Actor = {
    kind: "user",
    userId: user.id,
    name: user.name,
    sessionId: found.session.id,
    scopes: new Set(),
  };
  const ended = await inTransaction(ctx.db, async (tx) => {
    const session = await revokeSession(tx, sidHash, ctx.clock.now());
    if (session === undefined) return false;
    await recordAudit(tx, { ...ctx, actor }, { action: "session.end", target: `user:${user.id}` });
    await ctx.changes.append(tx, [sessionRevoked(session)]);
    return true;
  });
  if (ended) await ctx.stopper.stopServersOf({ ...ctx, actor }, { id: user.id, name: user.name }, "logout");
}
