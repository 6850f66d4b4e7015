import { z } from "zod";
import { inTransaction, type Tx } from "#db/client.ts";
import { insertMembers } from "#db/group-members.ts";
import type { Group } from "#db/groups.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { UserName } from "../users/get.ts";
import type { VerbContext } from "../verb-context.ts";
import { refuseManaged, requireLockedGroup } from "./find.ts";
import { GroupName } from "./name.ts";
import { refuseAdmins, requirePeople } from "./people.ts";
import { refuseGivingMore } from "./rights.ts";

export const MembersInput = z.strictObject({ group: GroupName, users: z.array(UserName).min(1).max(1000) });

/** All of them or nobody. Whoever is in it already stays as they are. */
export async function addMembers(ctx: VerbContext, rawInput: unknown): Promise<{ added: number }> {
  const input = MembersInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  return await inTransaction(ctx.db, async (tx) => {
    const group = await requireLockedGroup(tx, input.group);
    refuseManaged(group);
    return { added: await applyMembers(tx, ctx, group, input.users) };
  });
}

/** In the caller's transaction, which has the group to itself. Returns how many weren't in it before. */
export async function applyMembers(
  tx: Tx,
  ctx: VerbContext,
  group: Pick<Group, "id" | "name">,
  users: readonly string[],
): Promise<number> {
  const people = await requirePeople(tx, users);
  refuseAdmins(ctx, people);
  const ids = people.map((person) => person.id);
  refuseGivingMore(ctx, group.name, "member", ids);
  const joining = ids.map((userId) => ({ userId, role: "member" as const }));
  const added = new Set(await insertMembers(tx, group.id, joining, ctx.clock.now()));
  const names = people.filter((person) => added.has(person.id)).map((person) => person.name);
  if (names.length > 0)
    await recordAudit(tx, ctx, {
      action: "group.add-members",
      target: `group:${group.id}`,
      detail: { group: group.name, users: names.sort() },
    });
  return names.length;
}
