import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { revokeTokensOf } from "#db/tokens.ts";
import { lockUserByName, type User, updateUser } from "#db/users.ts";
import type { UserRow } from "../api/views.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { endSessionsOf } from "../auth/session.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { endGrants, tokenRevoked } from "./apply-admin.ts";
import { requireUser, UserName } from "./get.ts";
import { userRowOf } from "./user-row.ts";

export const SetDisabledInput = z.strictObject({ name: UserName, disabled: z.boolean() });

/**
 * Shuts a user out: sessions and tokens die with the commit, everywhere; the servers are stopped after it. Enabling
 * again brings back none of the old sessions and tokens.
 */
export async function setDisabled(ctx: VerbContext, rawInput: unknown): Promise<UserRow> {
  const { name, disabled } = SetDisabledInput.parse(rawInput);
  await requireScope(ctx, "admin:users", "everything");
  const user = await inTransaction(ctx.db, async (tx) => {
    const found = requireUser(await lockUserByName(tx, name), name);
    if (disabled && "userId" in ctx.actor && ctx.actor.userId === found.id) {
      throw new HubError("conflict", "You can't disable your own account. Ask another admin.");
    }
    if ((found.disabledAt !== null) === disabled) return found;
    const disabledAt = disabled ? ctx.clock.now() : null;
    await updateUser(tx, found.id, { disabledAt });
    const ended = disabled ? await endSessionsOf(tx, found.id, ctx.clock.now()) : [];
    const tokens = disabled ? await revokeTokensOf(tx, found.id, "all", ctx.clock.now()) : [];
    const grants = disabled ? await endGrants(tx, found.id, ctx.clock.now()) : [];
    await recordAudit(tx, ctx, {
      action: disabled ? "user.disable" : "user.enable",
      target: `user:${found.id}`,
      detail: { name, sessionsEnded: ended.length, tokensRevoked: tokens.length },
    });
    const told = { type: "user-disabled", user: { userId: found.id, disabled } } as const;
    await ctx.changes.append(tx, [told, ...grants, ...ended, ...tokens.map(tokenRevoked)]);
    return { ...found, disabledAt } satisfies User;
  });
  // Also when they were disabled before: a hub that ended between the commit and this line is made up for.
  if (disabled) await ctx.stopper.stopServersOf(ctx, { id: user.id, name: user.name }, "disabled");
  return await userRowOf(ctx.db, user);
}
