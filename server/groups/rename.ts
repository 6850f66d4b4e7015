import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { findGroupLike, updateGroup } from "#db/groups.ts";
import { revokeTokensNaming } from "#db/token-names.ts";
import type { GroupRow } from "../api/group-views.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { holdsAllOfAdmin } from "../auth/roles.ts";
import { HubError } from "../errors.ts";
import { tokenRevoked } from "../users/apply-admin.ts";
import type { VerbContext } from "../verb-context.ts";
import { nameTaken } from "./create.ts";
import { requireLockedGroup } from "./find.ts";
import { GroupName, NewGroupName } from "./name.ts";
import { placesNaming, refuseWideningByName } from "./rights.ts";
import { groupRowOf } from "./row.ts";

export const RenameGroupInput = z.strictObject({ group: GroupName, name: NewGroupName });

/**
 * Another label for the same group: members, quota, namespace and homes stay. What was given by a name doesn't follow it: tokens
 * that name the old or the new one end; a name that `berth.yaml` gives something to isn't given up, and taken only by an admin's order.
 */
export async function renameGroup(ctx: VerbContext, rawInput: unknown): Promise<GroupRow> {
  const input = RenameGroupInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", { group: input.group });
  if (input.group !== input.name) refuseNamed(ctx, input.group);
  if (!holdsAllOfAdmin(ctx.actor.scopes)) refuseNamed(ctx, input.name);
  const renamed = await inTransaction(ctx.db, async (tx) => {
    const group = await requireLockedGroup(tx, input.group);
    if (group.managed)
      throw new HubError("conflict", `“${group.name}” is called what the identity provider calls it. Rename it there.`);
    if (group.name === input.name) return group;
    const like = await findGroupLike(tx, input.name);
    if (like !== undefined && like.id !== group.id) throw nameTaken(like.name);
    await refuseWideningByName(tx, ctx, group.name, input.name);
    const now = ctx.clock.now();
    const tokens = [
      ...(await revokeTokensNaming(tx, { group: group.name }, now)),
      ...(await revokeTokensNaming(tx, { group: input.name }, now)),
    ];
    await updateGroup(tx, group.id, { name: input.name });
    await recordAudit(tx, ctx, {
      action: "group.rename",
      target: `group:${group.id}`,
      detail: { from: group.name, to: input.name, tokensRevoked: tokens.length },
    });
    await ctx.changes.append(tx, tokens.map(tokenRevoked));
    return { ...group, name: input.name };
  });
  return await groupRowOf(ctx.db, renamed);
}

function refuseNamed({ config }: VerbContext, name: string): void {
  const [place] = placesNaming(config, name);
  if (place === undefined) return;
  throw new HubError(
    "conflict",
    `The configuration names “${name}” (${place}), and what it gives there would end up with another group. Change berth.yaml first.`,
    { detail: { field: "name", place } },
  );
}
