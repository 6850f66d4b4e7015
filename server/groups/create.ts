import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { findGroupLike, insertGroup } from "#db/groups.ts";
import { revokeTokensNaming } from "#db/token-names.ts";
import type { GroupRow } from "../api/group-views.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { tokenRevoked } from "../users/apply-admin.ts";
import { UserName } from "../users/get.ts";
import type { VerbContext } from "../verb-context.ts";
import { applyMembers } from "./add-members.ts";
import { NewGroupName } from "./name.ts";
import { groupRowOf } from "./row.ts";

export const Description = z.string().trim().max(500, "A description has at most 500 characters.");
export const CreateGroupInput = z.strictObject({
  name: NewGroupName,
  description: Description.default(""),
  users: z.array(UserName).max(1000).default([]),
});

/** Makes a group, empty or with these members. Tokens that were made for a group of this name before get nothing of it. */
export async function createGroup(ctx: VerbContext, rawInput: unknown): Promise<GroupRow> {
  const { name, description, users } = CreateGroupInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", "everything");
  const made = await inTransaction(ctx.db, async (tx) => {
    const like = await findGroupLike(tx, name);
    if (like !== undefined) throw nameTaken(like.name);
    const group = await insertGroup(tx, { name, description, createdAt: ctx.clock.now() });
    if (group === undefined) throw nameTaken(name);
    const tokens = await revokeTokensNaming(tx, { group: name }, ctx.clock.now());
    await recordAudit(tx, ctx, {
      action: "group.create",
      target: `group:${group.id}`,
      detail: { name, tokensRevoked: tokens.length },
    });
    if (users.length > 0) await applyMembers(tx, ctx, group, users);
    await ctx.changes.append(tx, tokens.map(tokenRevoked));
    return group;
  });
  return await groupRowOf(ctx.db, made);
}

export function nameTaken(name: string): HubError {
  return new HubError("conflict", `There is a group called “${name}” already.`, { detail: { field: "name" } });
}
