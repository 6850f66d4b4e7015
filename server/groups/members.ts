import { z } from "zod";
import { belongingsOf, type Member, type MemberHome, searchMembers } from "#db/group-members.ts";
import type { ServerRow } from "#db/servers.ts";
import type { MemberRow } from "../api/group-views.ts";
import type { Page } from "../api/views.ts";
import { requireScope } from "../auth/require-scope.ts";
import { normaliseUserName } from "../servers/names.ts";
import { phaseNow } from "../servers/view.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireGroup } from "./find.ts";
import { GroupName } from "./name.ts";

export const ListMembersInput = z.strictObject({
  group: GroupName,
  search: z.string().max(255).default("").transform(normaliseUserName),
  role: z.enum(["member", "manager"]).nullish(),
  sort: z.enum(["name", "-name", "added", "-added"]).default("name"),
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(200).default(50),
});

/** One page of a group's members with what they run and keep in it. */
export async function listMembers(ctx: VerbContext, rawInput: unknown): Promise<Page<MemberRow>> {
  const input = ListMembersInput.parse(rawInput);
  await requireScope(ctx, "list:users", { group: input.group });
  const { id: groupId } = await requireGroup(ctx.db, input.group);
  const { members, total } = await searchMembers(ctx.db, { ...input, groupId, role: input.role ?? null });
  const ids = members.map((member) => member.userId);
  const { servers, homes } = await belongingsOf(ctx.db, groupId, ids);
  const serversOf = Map.groupBy(servers, (server) => server.userId);
  const homesOf = Map.groupBy(homes, (home) => home.userId);
  const items = members.map((member) =>
    memberRow(member, groupId, serversOf.get(member.userId) ?? [], homesOf.get(member.userId) ?? []),
  );
  return { items, total, page: input.page, pageSize: input.pageSize };
}

function memberRow(
  member: Member,
  groupId: string,
  servers: readonly ServerRow[],
  homes: readonly MemberHome[],
): MemberRow {
  return {
    ...member,
    servers: servers.map((server) => ({
      id: server.id,
      name: server.name,
      phase: phaseNow(server),
      phaseSince: server.phaseSince,
      profileSlug: server.profileSlug,
      countsHere: server.groupId === groupId,
    })),
    homes: homes.map(({ userId: _, ...home }) => home),
  };
}
