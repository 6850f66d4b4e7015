import { allMembers } from "#db/group-members.ts";
import { mayDo, requireScope } from "../auth/require-scope.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupInput } from "./name.ts";

/** Who is in a group, by name; `null` for somebody who may know of the group and not of its members. */
export async function namesOfMembers(ctx: VerbContext, rawInput: unknown): Promise<string[] | null> {
  const input = GroupInput.parse(rawInput);
  await requireScope(ctx, "read:groups", input);
  if (!(await mayDo(ctx, "list:users", input))) return null;
  const { id } = await requireGroup(ctx.db, input.group);
  return (await allMembers(ctx.db, id)).map((member) => member.name).sort();
}
