import { latestRequestsOf } from "#db/group-requests.ts";
import { membershipsOf } from "#db/memberships.ts";
import type { MembershipView } from "../api/group-views.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { requestView } from "./request-view.ts";

/** The groups whoever asks is in, and what they last asked each of them for. */
export async function myGroups(ctx: VerbContext): Promise<MembershipView[]> {
  const { actor } = ctx;
  if (actor.kind !== "user" && actor.kind !== "token")
    throw new HubError("unauthenticated", "Only a person or a token of one is in groups.");
  const readable = (group: string) => actor.scopes.has("read:groups") || actor.scopes.has(`read:groups!group=${group}`);
  const [memberships, requests] = await Promise.all([
    membershipsOf(ctx.db, actor.userId),
    latestRequestsOf(ctx.db, actor.userId),
  ]);
  return memberships
    .filter(({ group }) => readable(group))
    .map(({ groupId, group, description, role }) => {
      const request = requests.get(groupId);
      const names = { group, userName: actor.name };
      return { group, description, role, request: request === undefined ? null : requestView({ request, ...names }) };
    });
}
