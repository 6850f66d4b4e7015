import { z } from "zod";
import { searchUsers } from "#db/users.ts";
import type { Page, UserRow } from "../api/views.ts";
import { requireReach } from "../auth/require-scope.ts";
import { normaliseUserName } from "../servers/names.ts";
import type { VerbContext } from "../verb-context.ts";
import { userRowsOf } from "./user-row.ts";

export const ListUsersInput = z.strictObject({
  search: z.string().max(255).default("").transform(normaliseUserName),
  sort: z.enum(["name", "-name", "lastActivity", "-lastActivity", "created", "-created"]).default("name"),
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** One page of the users whose name holds the text; searched, sorted and cut by the database. */
export async function listUsers(ctx: VerbContext, rawInput: unknown): Promise<Page<UserRow>> {
  const input = ListUsersInput.parse(rawInput);
  const reach = requireReach(ctx, "list:users");
  const { users, total } = await searchUsers(ctx.db, { ...input, reach });
  return { items: await userRowsOf(ctx.db, users), total, page: input.page, pageSize: input.pageSize };
}
