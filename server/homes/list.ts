import { z } from "zod";
import { findGroup } from "#db/groups.ts";
import { type HomeLine, homeStates, searchHomes } from "#db/home-list.ts";
import type { Page } from "#server/api/views.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const ListHomesInput = z
  .strictObject({
    search: z.string().max(255).default(""),
    state: z.enum(homeStates).nullable().default(null),
    /** Only this group's, for its managers; all of them need `admin:homes`. */
    group: z.string().max(256).nullable().default(null),
    sort: z.enum(["owner", "-owner", "lastUsed", "-lastUsed", "size", "-size"]).default("owner"),
    page: z.int().min(1).max(1_000_000).default(1),
    pageSize: z.int().min(1).max(200).default(50),
  })
  .prefault({});

/** Homes with their owners and sizes; searched, sorted and cut by the database. */
export async function listHomes(ctx: VerbContext, rawInput: unknown): Promise<Page<HomeLine>> {
  const { group, page, pageSize, ...input } = ListHomesInput.parse(rawInput);
  await requireScope(ctx, group === null ? "admin:homes" : "groups", group === null ? "everything" : { group });
  const found = group === null ? null : await findGroup(ctx.db, group);
  if (found === undefined) throw new HubError("not-found", `There is no group called “${group}”.`);
  const question = { ...input, groupId: found?.id ?? null, limit: pageSize, offset: (page - 1) * pageSize };
  return { ...(await searchHomes(ctx.db, question)), page, pageSize };
}
