import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { lockUserByName } from "#db/users.ts";
import type { UserRow } from "../api/views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { applyAdmin } from "./apply-admin.ts";
import { requireUser, UserName } from "./get.ts";
import { refuseMaking, refuseStronger } from "./refuse-stronger.ts";
import { userRowOf } from "./user-row.ts";

export const SetAdminInput = z.strictObject({ name: UserName, admin: z.boolean() });

/** Gives or takes the admin role; the user logs in anew. Nobody takes it from themselves: one admin always stays. */
export async function setAdmin(ctx: VerbContext, rawInput: unknown): Promise<UserRow> {
  const { name, admin } = SetAdminInput.parse(rawInput);
  await requireScope(ctx, "admin:users", "everything");
  const changed = await inTransaction(ctx.db, async (tx) => {
    const user = requireUser(await lockUserByName(tx, name), name);
    if (!admin && "userId" in ctx.actor && ctx.actor.userId === user.id) {
      throw new HubError("conflict", "You can't take the admin role from yourself. Ask another admin.");
    }
    await refuseStronger(tx, ctx, user);
    if (admin) refuseMaking(ctx, { name, admin });
    const applied = await applyAdmin(tx, ctx, user, admin);
    if (applied.changes.length > 0) await ctx.changes.append(tx, applied.changes);
    return applied.user;
  });
  return await userRowOf(ctx.db, changed);
}
