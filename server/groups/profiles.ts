import type { OpenedProfile } from "../api/group-views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { profilesOpenedBy } from "../profiles/opened-by.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupInput } from "./name.ts";

export async function groupProfiles(ctx: VerbContext, rawInput: unknown): Promise<OpenedProfile[]> {
  const input = GroupInput.parse(rawInput);
  await requireScope(ctx, "read:groups", input);
  const group = await requireGroup(ctx.db, input.group);
  return profilesOpenedBy(ctx.config, group.name);
}
