import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { updateGroup } from "#db/groups.ts";
import type { GroupRow } from "../api/group-views.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import type { VerbContext } from "../verb-context.ts";
import { Description } from "./create.ts";
import { requireLockedGroup } from "./find.ts";
import { GroupName } from "./name.ts";
import { groupRowOf } from "./row.ts";

export const DescribeGroupInput = z.strictObject({ group: GroupName, description: Description });

export async function describeGroup(ctx: VerbContext, rawInput: unknown): Promise<GroupRow> {
  const { group: name, description } = DescribeGroupInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: name });
  const described = await inTransaction(ctx.db, async (tx) => {
    const group = await requireLockedGroup(tx, name);
    if (group.description !== description) {
      await updateGroup(tx, group.id, { description });
      await recordAudit(tx, ctx, {
        action: "group.describe",
        target: `group:${group.id}`,
        detail: { group: name, description },
      });
    }
    return { ...group, description };
  });
  return await groupRowOf(ctx.db, described);
}
