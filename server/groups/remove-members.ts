import { inTransaction } from "#db/client.ts";
import { allMembers, deleteMembers } from "#db/group-members.ts";
import { recordAudit } from "../audit/record.ts";
import { mayDo, requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { MembersInput } from "./add-members.ts";
import { refuseManaged, requireLockedGroup } from "./find.ts";

/** Whoever isn't in it isn't in it. Managers are named by admins, and leave by an admin's hand. */
export async function removeMembers(ctx: VerbContext, rawInput: unknown): Promise<{ removed: number }> {
  const input = MembersInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  const mayManagers = await mayDo(ctx, "admin:groups", { group: input.group });
  return await inTransaction(ctx.db, async (tx) => {
    const group = await requireLockedGroup(tx, input.group);
    refuseManaged(group);
    const named = new Set(input.users);
    const leaving = (await allMembers(tx, group.id)).filter((member) => named.has(member.name));
    const manager = leaving.find((member) => member.role === "manager");
    if (manager !== undefined && !mayManagers) throw onlyAdmins(manager.name, group.name);
    const removed = await deleteMembers(
      tx,
      group.id,
      leaving.map((member) => member.userId),
    );
    if (removed.length > 0)
      await recordAudit(tx, ctx, {
        action: "group.remove-members",
        target: `group:${group.id}`,
        detail: { group: group.name, users: leaving.map((member) => member.name) },
      });
    return { removed: removed.length };
  });
}

function onlyAdmins(user: string, group: string): HubError {
  return new HubError("forbidden", `“${user}” is a manager of “${group}”. Only an admin can remove them.`);
}
