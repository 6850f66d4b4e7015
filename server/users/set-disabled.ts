import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { lockUserByName } from "#db/users.ts";
import type { UserRow } from "../api/views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { applyDisabled } from "./apply-disabled.ts";
import { requireUser, UserName } from "./get.ts";
import { refuseStronger } from "./refuse-stronger.ts";
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
    await refuseStronger(tx, ctx, found);
    const applied = await applyDisabled(tx, ctx, found, disabled);
    if (applied.changes.length > 0) await ctx.changes.append(tx, applied.changes);
    return applied.user;
  });
  // Also when they were disabled before: a hub that ended between the commit and this line is made up for.
  if (disabled) await ctx.stopper.stopServersOf(ctx, { id: user.id, name: user.name }, "disabled");
  return await userRowOf(ctx.db, user);
}
