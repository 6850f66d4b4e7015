import { z } from "zod";
import { type Access, accessHistoryOf } from "#db/access-history.ts";
import { findUserByName } from "#db/users.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const AccessHistoryInput = z.strictObject({ user: z.string().max(256).optional() }).prefault({});

/** Who opened this user's servers, when, until when and why. Their own to see, and every admin's. */
export async function accessHistory(ctx: VerbContext, rawInput: unknown): Promise<Access[]> {
  const input = AccessHistoryInput.parse(rawInput);
  const { actor } = ctx;
  const name = input.user ?? (actor.kind === "user" || actor.kind === "token" ? actor.name : "");
  await requireScope(ctx, "read:users", { user: name });
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${name}”.`);
  return await accessHistoryOf(ctx.db, user.id, 100);
}
