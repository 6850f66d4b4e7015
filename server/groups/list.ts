import { z } from "zod";
import { searchGroups } from "#db/groups.ts";
import type { GroupRow } from "../api/group-views.ts";
import type { Page } from "../api/views.ts";
import { requireReach, requireScope } from "../auth/require-scope.ts";
import type { VerbContext } from "../verb-context.ts";
import { normaliseGroupName } from "./name.ts";
import { groupRowsOf } from "./row.ts";

export const ListGroupsInput = z.strictObject({
  search: z.string().max(255).default("").transform(normaliseGroupName),
  sort: z.enum(["name", "-name", "created", "-created"]).default("name"),
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** One page of the groups one may read; searched, sorted and cut by the database. */
export async function listGroups(ctx: VerbContext, rawInput: unknown): Promise<Page<GroupRow>> {
  const input = ListGroupsInput.parse(rawInput);
  const within = requireReach(ctx, "read:groups");
  return await pageOf(ctx, input, within, false);
}

/** The deleted groups that can still be brought back. */
export async function listDeletedGroups(ctx: VerbContext, rawInput: unknown): Promise<Page<GroupRow>> {
  const input = ListGroupsInput.parse(rawInput);
  await requireScope(ctx, "admin:groups", "everything");
  return await pageOf(ctx, input, { kind: "everything" }, true);
}

async function pageOf(
  ctx: VerbContext,
  input: z.infer<typeof ListGroupsInput>,
  within: ReturnType<typeof requireReach>,
  deleted: boolean,
): Promise<Page<GroupRow>> {
  const { groups, total } = await searchGroups(ctx.db, { ...input, within, deleted });
  return { items: await groupRowsOf(ctx.db, groups), total, page: input.page, pageSize: input.pageSize };
}
