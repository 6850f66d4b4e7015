import { z } from "zod";
import { listServersOf, type ServerRow, searchServers, serverPhases } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { Page, ServerView } from "#server/api/views.ts";
import { mayDo, requireReach, requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { serverViewOf, unstartedView, type ViewContext } from "./view.ts";

export const ListServersInput = z.strictObject({ user: z.string().max(256).optional() }).default({});

/** A user's servers, the default one first even when it was never started. */
export async function listServers(view: ViewContext, ctx: VerbContext, rawInput: unknown): Promise<ServerView[]> {
  const input = ListServersInput.parse(rawInput);
  const name = input.user ?? ownName(ctx);
  await requireScope(ctx, "read:servers", { user: name });
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${name}”.`);
  const rows = await onlyThoseWithin(ctx, name, await listServersOf(ctx.db, user.id));
  const views = await Promise.all(
    rows.map((server) => serverViewOf(view, { server, ownerName: user.name, ownerUid: user.uid })),
  );
  const hasDefault = rows.some((row) => row.name === "");
  return hasDefault ? views : [unstartedView(view, user.name, ""), ...views];
}

/** A group's manager sees what its members run for that group, not what they run for another. */
async function onlyThoseWithin(ctx: VerbContext, user: string, rows: readonly ServerRow[]): Promise<ServerRow[]> {
  const seen = await Promise.all(rows.map(({ name }) => mayDo(ctx, "read:servers", { user, server: name })));
  return rows.filter((_, index) => seen[index]);
}

function ownName(ctx: VerbContext): string {
  const { actor } = ctx;
  if (actor.kind === "user" || actor.kind === "token") return actor.name;
  throw new HubError("invalid", "Say whose servers: give `user`.", { detail: { field: "user" } });
}

export const SearchServersInput = z.strictObject({
  search: z.string().max(256).default(""),
  phase: z.enum(serverPhases).nullish(),
  sort: z.enum(["owner", "-owner", "since", "-since", "lastActivity", "-lastActivity"]).default("owner"),
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** The servers of everybody one may see, a page at a time; searched, sorted and cut by the database. */
export async function searchAllServers(
  view: ViewContext,
  ctx: VerbContext,
  rawInput: unknown,
): Promise<Page<ServerView>> {
  const input = SearchServersInput.parse(rawInput);
  const reach = requireReach(ctx, "read:servers");
  const { items, total } = await searchServers(ctx.db, {
    reach,
    search: input.search,
    phase: input.phase ?? null,
    sort: input.sort,
    offset: (input.page - 1) * input.pageSize,
    limit: input.pageSize,
  });
  const views = await Promise.all(items.map((found) => serverViewOf(view, found)));
  return { items: views, total, page: input.page, pageSize: input.pageSize };
}
