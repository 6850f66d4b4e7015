import { z } from "zod";
import { HubError, isHubError } from "#server/errors.ts";
import { normaliseUserName, userNameProblem } from "#server/servers/names.ts";
import { createUser } from "#server/users/create.ts";
import { deleteUser } from "#server/users/delete.ts";
import { pageUsers, userWithServers } from "#server/users/page.ts";
import { setAdmin } from "#server/users/set-admin.ts";
import { userModel } from "./models.ts";
import { pageAnswer, pageAsked } from "./paging.ts";
import { empty, json, type RestAnswer, type RestCall, type RestRoute } from "./route.ts";

export const userRoutes: readonly RestRoute[] = [
  {
    method: "GET",
    path: "/users",
    takes: "list:users",
    does: "Users with what they run. `state=active|ready|inactive`, `name_filter`, `sort=[-]id|name|last_activity`, `offset`, `limit`, `include_stopped_servers`.",
    handle: listUsers,
  },
  {
    method: "POST",
    path: "/users",
    takes: "admin:users",
    does: "Makes users: `{usernames, admin}`. Those there are already are left out; 409 when all are. Making an admin takes an admin’s rights.",
    handle: async (call) => {
      const { usernames, admin } = NewUsers.parse(await call.body());
      return await makeUsers(call, usernames, admin);
    },
  },
  {
    method: "GET",
    path: "/users/:user",
    takes: "read:users:name",
    does: "One user.",
    handle: async (call) => json(200, await modelOf(call, call.param("user"))),
  },
  {
    method: "POST",
    path: "/users/:user",
    takes: "admin:users",
    does: "Makes one user: `{admin}`.",
    handle: async (call) => {
      const { admin } = OneUser.parse(await call.body());
      const name = call.param("user");
      await createUser(call.verb, { name, admin, password: null });
      return json(201, await modelOf(call, name));
    },
  },
  {
    method: "PATCH",
    path: "/users/:user",
    takes: "admin:users",
    does: "Gives or takes the admin role: `{admin}`; it takes an admin’s rights. Users can't be renamed.",
    handle: changeUser,
  },
  {
    method: "DELETE",
    path: "/users/:user",
    takes: "admin:users",
    does: "Stops the user's servers and deletes the account. 409 while they have a home that is kept.",
    handle: async (call) => {
      await deleteUser(call.hub, call.verb, { name: call.param("user") });
      return empty(204);
    },
  },
];

const NewUsers = z.strictObject({
  usernames: z.array(z.string().max(255)).min(1, "Give “usernames”.").max(500),
  admin: z.boolean().default(false),
});
const OneUser = z.strictObject({ admin: z.boolean().default(false) });
const UserChange = z.strictObject({ name: z.string().optional(), admin: z.boolean().optional() });

async function listUsers(call: RestCall): Promise<RestAnswer> {
  const { query, verb } = call;
  const page = pageAsked(call);
  const sort = query.get("sort") ?? "id";
  const { items, total } = await pageUsers(verb, {
    state: query.get("state"),
    nameFilter: query.get("name_filter") ?? "",
    sort: sort.replace(/^-/, ""),
    descending: sort.startsWith("-"),
    offset: page.offset,
    limit: page.limit,
  });
  const asked = { actor: verb.actor, config: verb.config, includeStopped: query.has("include_stopped_servers") };
  return pageAnswer(call, page, { items: items.map((item) => userModel(asked, item)), total });
}

async function modelOf({ verb, query }: RestCall, name: string): Promise<Record<string, unknown>> {
  const asked = { actor: verb.actor, config: verb.config, includeStopped: query.has("include_stopped_servers") };
  return userModel(asked, await userWithServers(verb, { name }));
}

async function makeUsers(call: RestCall, usernames: readonly string[], admin: boolean): Promise<RestAnswer> {
  // Every name is looked at before the first account is made.
  const problem = usernames.map((name) => userNameProblem(normaliseUserName(name))).find((found) => found !== null);
  if (problem !== undefined) throw new HubError("invalid", problem);
  const made: unknown[] = [];
  for (const name of new Set(usernames)) {
    const created = await createUser(call.verb, { name, admin, password: null }).catch((error: unknown) => {
      if (isHubError(error) && error.code === "conflict") return null;
      throw error;
    });
    if (created !== null) made.push(await modelOf(call, created.user.name));
  }
  if (made.length === 0) throw new HubError("conflict", "All of these users exist already.");
  return json(201, made);
}

async function changeUser(call: RestCall): Promise<RestAnswer> {
  const name = call.param("user");
  const change = UserChange.parse(await call.body());
  if (change.name !== undefined && change.name !== name)
    throw new HubError("invalid", "Users can't be renamed here: their homes and tokens are known by the name.");
  if (change.admin !== undefined) await setAdmin(call.verb, { name, admin: change.admin });
  return json(200, await modelOf(call, name));
}
