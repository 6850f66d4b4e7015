import type { Tx } from "#db/client.ts";
import { giveNamespace } from "#db/group-namespace.ts";
import { hasReservation, type MemberGroup } from "#db/reservations.ts";
import { findServer, type ServerRow } from "#db/servers.ts";
import { groupsWith, hasScope } from "#server/auth/scopes.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { chooseGroup, type GroupChoice } from "./choose-group.ts";
import { isGroupsOwn, namespaceOf, needsGroup, otherNamespace } from "./namespace.ts";

type Owner = { readonly id: string; readonly name: string };
type Asked = {
  readonly server: string;
  readonly group: string | undefined;
  readonly memberships: readonly MemberGroup[];
};

/** Which group this server would count against, for whoever asks. */
export function groupChoiceFor(
  ctx: VerbContext,
  owner: Owner,
  { server, group, memberships }: Asked,
  rememberedId: string | null,
): GroupChoice {
  const { scopes } = ctx.actor;
  // A manager starts a member's server in the group they manage, not at the cost of another that member is in.
  const anyGroup = hasScope(scopes, "start:servers", { user: owner.name, server });
  const managed = groupsWith(scopes, "start:servers");
  return chooseGroup({
    asked: group,
    rememberedId,
    memberships,
    mayUse: (name) => anyGroup || managed.includes(name),
    required: ctx.config.groups.required || needsGroup(ctx.config),
    owner: owner.name,
  });
}

/** The same, as a start needs it: the group or none, else the error that says what to choose. */
export async function groupForStart(ctx: VerbContext, owner: Owner, asked: Asked): Promise<MemberGroup | null> {
  const several = asked.group === undefined && asked.memberships.length > 1;
  const known = several ? await findServer(ctx.db, owner.id, asked.server) : undefined;
  const choice = groupChoiceFor(ctx, owner, asked, known?.groupId ?? null);
  switch (choice.kind) {
    case "none":
      return null;
    case "group":
      return choice.member;
    case "choose":
      throw new HubError("invalid", choice.message, { detail: { field: "group", groups: choice.groups.join(", ") } });
    case "refused":
      throw new HubError(choice.reason, choice.message, { detail: { field: "group" } });
    default:
      return choice satisfies never;
  }
}

/** The namespace for a start in this group, made and stored at the group's first start. */
export async function namespaceForStart(
  tx: Tx,
  ctx: VerbContext,
  owner: Owner,
  member: MemberGroup | null,
): Promise<string> {
  const wanted = namespaceOf(ctx.config, owner.name, member?.group ?? null);
  if (member === null || !isGroupsOwn(ctx.config) || member.group.namespace !== null) return wanted;
  const { id } = member.group;
  return await giveNamespace(tx, id, { wanted, otherwise: otherNamespace(wanted, id) });
}

/**
 * Where a server that isn't under way starts: where it was, or, in another group with another namespace, there. It moves with nothing
 * left behind: two runs of it in two places would both be its only one.
 */
export async function placeFor(
  tx: Tx,
  server: ServerRow,
  member: MemberGroup | null,
  namespace: string,
): Promise<string> {
  if (server.namespace === namespace || server.groupId === (member?.group.id ?? null)) return server.namespace;
  if (server.phase === "stopping" || (await hasReservation(tx, server.id)))
    throw new HubError(
      "conflict",
      "This server’s last run is still being removed, and it can start in another group only after that. Try again in a moment.",
    );
  return namespace;
}
