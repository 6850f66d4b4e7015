import { findServer } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { ServerView } from "#server/api/views.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { ServerInput } from "./stop.ts";
import { serverViewOf, unstartedView, type ViewContext } from "./view.ts";

/** One server, with its last log lines when it failed. */
export async function getServer(view: ViewContext, ctx: VerbContext, rawInput: unknown): Promise<ServerView> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "read:servers", { user: input.user, server: input.name });
  const user = await findUserByName(ctx.db, input.user);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${input.user}”.`);
  const server = await findServer(ctx.db, user.id, input.name);
  if (server !== undefined) return await serverViewOf(view, { server, ownerName: user.name, ownerUid: user.uid });
  if (input.name === "") return unstartedView(view, user.name, "");
  throw new HubError("not-found", `“${input.user}” has no server called “${input.name}”.`);
}
