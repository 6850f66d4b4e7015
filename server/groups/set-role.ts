import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { findMember, updateRoles } from "#db/group-members.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { UserName } from "../users/get.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireLockedGroup } from "./find.ts";
import { GroupName } from "./name.ts";
import { requirePeople } from "./people.ts";
import { refuseGivingMore } from "./rights.ts";

export const SetRoleInput = z.strictObject({ group: GroupName, user: UserName, role: z.enum(["member", "manager"]) });

/** Makes a member a manager, or a manager a member. In a group of the identity provider too: roles are said here. */
export async function setRole(ctx: VerbContext, rawInput: unknown): Promise<{ role: "member" | "manager" }> {
  const input = SetRoleInput.parse(rawInput);
  const { user: name, role } = input;
  await requireScope(ctx, "admin:groups", { group: input.group });
  return await inTransaction(ctx.db, async (tx) => {
    const group = await requireLockedGroup(tx, input.group);
    const [person] = await requirePeople(tx, [name]);
    const member = person === undefined ? undefined : await findMember(tx, group.id, person.id);
    if (member === undefined)
      throw new HubError("not-found", `“${name}” isn't in “${group.name}”. Add them first.`, {
        detail: { field: "user" },
      });
    if (member.role === role) return { role };
    refuseGivingMore(ctx, group.name, role, [member.userId]);
    await updateRoles(tx, group.id, [member.userId], role);
    await recordAudit(tx, ctx, {
      action: role === "manager" ? "group.make-manager" : "group.make-member",
      target: `group:${group.id}`,
      detail: { group: group.name, user: name },
    });
    return { role };
  });
}
