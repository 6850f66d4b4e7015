import { allMembers } from "#db/group-members.ts";
import { requireScope } from "../auth/require-scope.ts";
import { csvOf } from "../csv.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupInput } from "./name.ts";

/** The members as a file that can be changed and brought back. */
export async function exportMembersCsv(
  ctx: VerbContext,
  rawInput: unknown,
): Promise<{ readonly fileName: string; readonly text: string }> {
  const input = GroupInput.parse(rawInput);
  await requireScope(ctx, "list:users", input);
  const group = await requireGroup(ctx.db, input.group);
  const members = await allMembers(ctx.db, group.id);
  const rows = members.map(({ name, role }) => [name, role]);
  const safeName = group.name.replaceAll(/[^\p{L}\p{Nd}._-]+/gu, "-");
  return { fileName: `${safeName}.csv`, text: csvOf([["user", "role"], ...rows]) };
}
