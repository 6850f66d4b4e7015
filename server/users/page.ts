import { z } from "zod";
import type { ServerRow } from "#db/servers.ts";
import { pageOfUsers, serversOfUsers } from "#db/user-pages.ts";
import { findUserByName, groupNamesOf, type User } from "#db/users.ts";
import { requireReach, requireScope } from "../auth/require-scope.ts";
import { reachOf } from "../auth/scopes.ts";
import { HubError } from "../errors.ts";
import { normaliseUserName } from "../servers/names.ts";
import type { VerbContext } from "../verb-context.ts";
import { noSuchUser, requireUser, UserName } from "./get.ts";

export const UserPageInput = z.strictObject({
  state: z.enum(["active", "ready", "inactive"]).nullable().default(null),
  nameFilter: z.string().max(255).default("").transform(normaliseUserName),
  sort: z.enum(["id", "name", "last_activity"]).default("id"),
  descending: z.boolean().default(false),
  offset: z.int().min(0).max(10_000_000).default(0),
  limit: z.int().min(1).max(200).default(50),
});

/** A user, their groups, and of their servers those the asker may see. */
export type UserWithServers = {
  readonly user: User;
  readonly groups: readonly string[];
  readonly servers: readonly ServerRow[];
};

/** Users with what they run, a page at a time: two more queries however many they are. */
export async function pageUsers(
  ctx: VerbContext,
  rawInput: unknown,
): Promise<{ items: UserWithServers[]; total: number }> {
  const input = UserPageInput.parse(rawInput);
  const reach = requireReach(ctx, "list:users");
  const { users, total } = await pageOfUsers(ctx.db, { ...input, reach });
  return { items: await withServers(ctx, users), total };
}

export const UserInput = z.strictObject({ name: UserName });

/** One user, for whoever may know that they exist. */
export async function userWithServers(ctx: VerbContext, rawInput: unknown): Promise<UserWithServers> {
  const { name } = UserInput.parse(rawInput);
  await requireScope(ctx, "read:users:name", { user: name });
  const user = requireUser(await findUserByName(ctx.db, name), name);
  const [found] = await withServers(ctx, [user]);
  if (found === undefined) throw noSuchUser(name);
  return found;
}

/** Who asks, when that is somebody with an account. */
export async function ownUser(ctx: VerbContext): Promise<UserWithServers> {
  if (!("userId" in ctx.actor)) throw new HubError("unauthenticated", "Log in first, or send a token that is valid.");
  const user = requireUser(await findUserByName(ctx.db, ctx.actor.name), ctx.actor.name);
  const [found] = await withServers(ctx, [user]);
  if (found === undefined) throw noSuchUser(user.name);
  return found;
}

async function withServers(ctx: VerbContext, users: readonly User[]): Promise<UserWithServers[]> {
  const ids = users.map((user) => user.id);
  const [groups, servers] = await Promise.all([
    groupNamesOf(ctx.db, ids),
    serversOfUsers(ctx.db, ids, reachOf(ctx.actor, "read:servers")),
  ]);
  const serversOf = Map.groupBy(servers, (server) => server.userId);
  return users.map((user) => ({ user, groups: groups.get(user.id) ?? [], servers: serversOf.get(user.id) ?? [] }));
}
