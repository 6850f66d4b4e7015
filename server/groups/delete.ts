import { inTransaction, type Tx } from "#db/client.ts";
import { lockServersOfGroup, stopServersOfGroup } from "#db/group-deletion.ts";
import { type Group, updateGroup } from "#db/groups.ts";
import { notify } from "#db/stream.ts";
import { revokeTokensNaming } from "#db/token-names.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { actorLabel } from "../servers/start.ts";
import { tokenRevoked } from "../users/apply-admin.ts";
import type { VerbContext } from "../verb-context.ts";
import { undoUntilOf } from "./deletion-preview.ts";
import { requireLockedGroup } from "./find.ts";
import { GroupInput } from "./name.ts";

export type Deleted = {
  readonly id: string;
  readonly name: string;
  readonly undoUntil: Date;
  readonly stopped: number;
};

/**
 * Takes the group from its members and stops its servers. Row, namespace and homes stay until the time to undo is over
 * (`purgeDeletedGroups`).
 */
export async function deleteGroup(ctx: VerbContext, rawInput: unknown): Promise<Deleted> {
  const input = GroupInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", input);
  return await inTransaction(ctx.db, async (tx) => {
    await lockServersOfGroup(tx, input.group);
    const group = await requireLockedGroup(tx, input.group);
    const now = ctx.clock.now();
    const undoUntil = undoUntilOf(ctx);
    await updateGroup(tx, group.id, { deletedAt: now, undoUntil });
    const tokens = await revokeTokensNaming(tx, { group: group.name }, now);
    await recordAudit(tx, ctx, {
      action: "group.delete",
      target: `group:${group.id}`,
      detail: { name: group.name, undoUntil: undoUntil.toISOString(), tokensRevoked: tokens.length },
    });
    const stopped = await stopServers(tx, ctx, group);
    await ctx.changes.append(tx, tokens.map(tokenRevoked));
    return { id: group.id, name: group.name, undoUntil, stopped };
  });
}

async function stopServers(tx: Tx, ctx: VerbContext, group: Group): Promise<number> {
  const now = ctx.clock.now();
  const stopped = await stopServersOfGroup(tx, group.id, now, {
    at: now.toISOString(),
    reason: "group-deleted",
    message: `It counted against the group “${group.name}”, which was deleted. Your files are kept.`,
    by: actorLabel(ctx),
  });
  for (const { id, name, generation } of stopped) {
    await recordAudit(tx, ctx, {
      action: "server.stop",
      target: `server:${id}`,
      detail: { server: name, generation, why: "group-deleted", group: group.name },
    });
    await notify(tx, `wish:${id}`);
    await notify(tx, `server:${id}`);
  }
  return stopped.length;
}
