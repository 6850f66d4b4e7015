import { z } from "zod";
import { HubError } from "#server/errors.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { deleteGroup } from "#server/groups/delete.ts";
import { getGroup } from "#server/groups/get.ts";
import { listGroups } from "#server/groups/list.ts";
import { NewGroupName } from "#server/groups/name.ts";
import { namesOfMembers } from "#server/groups/names-of-members.ts";
import { removeMembers } from "#server/groups/remove-members.ts";
import { groupModel } from "./models.ts";
import { pageAnswer, pageAsked } from "./paging.ts";
import { empty, json, type RestAnswer, type RestCall, type RestRoute } from "./route.ts";

export const groupRoutes: readonly RestRoute[] = [
  {
    method: "GET",
    path: "/groups",
    takes: "read:groups",
    does: "Groups and who is in them. `offset`, `limit`.",
    handle: listAll,
  },
  {
    method: "POST",
    path: "/groups",
    takes: "admin:groups",
    does: "Makes groups: `{groups: [name]}`.",
    handle: async (call) => {
      const { groups } = NewGroups.parse(await call.body());
      for (const name of new Set(groups)) await createGroup(call.verb, { name });
      return json(201, await Promise.all([...new Set(groups)].map((name) => modelOf(call, name))));
    },
  },
  {
    method: "GET",
    path: "/groups/:group",
    takes: "read:groups",
    does: "One group.",
    handle: async (call) => json(200, await modelOf(call, call.param("group"))),
  },
  {
    method: "POST",
    path: "/groups/:group",
    takes: "admin:groups",
    does: "Makes one group: `{users}`.",
    handle: async (call) => {
      const { users } = NewGroup.parse(await call.body());
      const group = call.param("group");
      await createGroup(call.verb, { name: group, users });
      return json(201, await modelOf(call, group));
    },
  },
  {
    method: "DELETE",
    path: "/groups/:group",
    takes: "admin:groups",
    does: "Deletes a group and stops its servers. It can be brought back for a while, in the pages.",
    handle: async (call) => {
      await deleteGroup(call.verb, { group: call.param("group") });
      return empty(204);
    },
  },
  {
    method: "POST",
    path: "/groups/:group/users",
    takes: "groups",
    does: "Adds members: `{users}`.",
    handle: async (call) => {
      await addMembers(call.verb, { group: call.param("group"), ...Members.parse(await call.body()) });
      return json(200, await modelOf(call, call.param("group")));
    },
  },
  {
    method: "DELETE",
    path: "/groups/:group/users",
    takes: "groups",
    does: "Removes members: `{users}`.",
    handle: async (call) => {
      await removeMembers(call.verb, { group: call.param("group"), ...Members.parse(await call.body()) });
      return json(200, await modelOf(call, call.param("group")));
    },
  },
];

const names = z.array(z.string().max(255)).max(1000);
/** Every name is looked at before the first group is made. */
const NewGroups = z.strictObject({ groups: z.array(NewGroupName).min(1, "Give “groups”.").max(1000) });
const NewGroup = z.strictObject({ users: names.default([]) });
const Members = z.strictObject({ users: names.min(1, "Give “users”.") });

async function listAll(call: RestCall): Promise<RestAnswer> {
  const page = pageAsked(call);
  if (page.offset % page.limit !== 0) throw new HubError("invalid", "“offset” is a multiple of “limit” here.");
  const { items, total } = await listGroups(call.verb, { page: page.offset / page.limit + 1, pageSize: page.limit });
  const models = await Promise.all(
    items.map(async ({ name }) => groupModel(name, await namesOfMembers(call.verb, { group: name }))),
  );
  return pageAnswer(call, page, { items: models, total });
}

async function modelOf({ verb }: RestCall, name: string): Promise<Record<string, unknown>> {
  await getGroup(verb, { group: name });
  return groupModel(name, await namesOfMembers(verb, { group: name }));
}
