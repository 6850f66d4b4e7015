import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { findTokenById, revokeToken as revokeRow } from "#db/tokens.ts";
import { recordAudit } from "../audit/record.ts";
import { mayDo } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { tokenRevoked } from "../users/apply-admin.ts";
import type { VerbContext } from "../verb-context.ts";

export const RevokeTokenInput = z.strictObject({ id: z.uuid() });

/** Dead in the hub with the commit, at every edge within seconds. A token that is gone already is success. */
export async function revokeToken(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const { id } = RevokeTokenInput.parse(rawInput);
  const found = await findTokenById(ctx.db, id);
  // The same answer for another's token as for none: ids must not tell what exists.
  if (found === undefined || !(await mayDo(ctx, "tokens", { user: found.ownerName }))) {
    if (ctx.actor.kind === "anonymous") throw new HubError("unauthenticated", "Log in first.");
    throw new HubError("not-found", "There is no such token among those you can revoke.");
  }
  await inTransaction(ctx.db, async (tx) => {
    const revoked = await revokeRow(tx, id, ctx.clock.now());
    if (revoked === undefined) return;
    await recordAudit(tx, ctx, {
      action: "token.revoke",
      target: `token:${id}`,
      detail: { user: found.ownerName, prefix: revoked.prefix },
    });
    await ctx.changes.append(tx, [tokenRevoked(revoked)]);
  });
}
