import { z } from "zod";
import { listTokensOf } from "#db/tokens.ts";
import { findUserByName } from "#db/users.ts";
import type { TokenRow } from "../api/views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { requireUser, UserName } from "../users/get.ts";
import type { VerbContext } from "../verb-context.ts";
import { tokenRowOf } from "./token-row.ts";

export const ListTokensInput = z.strictObject({ user: UserName.optional() });

/** A user's tokens that still work, newest first; your own by default. */
export async function listTokens(ctx: VerbContext, rawInput: unknown = {}): Promise<TokenRow[]> {
  const input = ListTokensInput.parse(rawInput);
  const name = input.user ?? ("userId" in ctx.actor ? ctx.actor.name : null);
  if (name === null) throw new HubError("invalid", "Say whose tokens you want to see.");
  await requireScope(ctx, "read:tokens", { user: name });
  const user = requireUser(await findUserByName(ctx.db, name), name);
  return (await listTokensOf(ctx.db, user.id, ctx.clock.now())).map(tokenRowOf);
}
