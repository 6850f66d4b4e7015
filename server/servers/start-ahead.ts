import { groupsOfMember, type MemberGroup } from "#db/reservations.ts";
import { findServer, type ServerRow } from "#db/servers.ts";
import { findUserByName, type User } from "#db/users.ts";
import type { StartGroupView } from "#server/api/views.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { askedOf, withNewHome } from "#server/quotas/asked.ts";
import { type Fitter, fitterFor, unbound } from "#server/quotas/fits.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { GroupChoice } from "./choose-group.ts";
import { groupChoiceFor } from "./group-of-start.ts";
import { type HomeAhead, homeAhead } from "./home-ahead.ts";
import { namespaceOf, needsGroup } from "./namespace.ts";

/** What a start would meet right now. Nothing here is a promise: the start decides again. */
export type Ahead = {
  readonly user: User;
  readonly server: ServerRow | undefined;
  /** Names of the owner's groups, for what their profiles are open to. */
  readonly groups: readonly string[];
  readonly choice: GroupChoice;
  /** Null while a group is to be chosen. */
  readonly fitter: Fitter | null;
  /** Where it would run; null while that depends on a group that is to be chosen. */
  readonly namespace: string | null;
};

type Asked = { readonly user: string; readonly name: string; readonly group?: string | undefined };

export async function lookAhead(ctx: VerbContext, asked: Asked): Promise<Ahead> {
  await requireScope(ctx, "start:servers", { user: asked.user, server: asked.name });
  const user = await findUserByName(ctx.db, asked.user);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${asked.user}”.`);
  const [server, memberships] = await Promise.all([
    findServer(ctx.db, user.id, asked.name),
    groupsOfMember(ctx.db, user.id),
  ]);
  const question = { server: asked.name, group: asked.group, memberships };
  const choice = groupChoiceFor(ctx, user, question, server?.groupId ?? null);
  if (choice.kind === "refused" && asked.group !== undefined)
    throw new HubError(choice.reason, choice.message, { detail: { field: "group" } });
  const groups = memberships.map(({ group }) => group.name);
  const fitter = await fitterOf(ctx, user, server, choice);
  return { user, server, groups, choice, fitter, namespace: namespaceAhead(ctx, user, server, choice) };
}

async function fitterOf(
  ctx: VerbContext,
  owner: User,
  server: ServerRow | undefined,
  choice: GroupChoice,
): Promise<Fitter | null> {
  if (choice.kind === "none") return unbound;
  if (choice.kind !== "group") return null;
  return await fitterFor(ctx, { member: choice.member, owner, serverId: server?.id ?? null });
}

function namespaceAhead(
  { config }: VerbContext,
  user: User,
  server: ServerRow | undefined,
  choice: GroupChoice,
): string | null {
  const member: MemberGroup | null = choice.kind === "group" ? choice.member : null;
  if (server !== undefined && (member === null || server.groupId === member.group.id)) return server.namespace;
  if (member === null && needsGroup(config)) return null;
  return namespaceOf(config, user.name, member?.group ?? null);
}

export async function homeOf(ctx: VerbContext, ahead: Ahead, spec: ServerSpec): Promise<HomeAhead | null> {
  const { user, server, namespace } = ahead;
  return namespace === null ? null : await homeAhead(ctx, { user, server, namespace, spec });
}

/** Whether this very server would fit, with the home it would make. */
export async function fitOf(ctx: VerbContext, ahead: Ahead, spec: ServerSpec, home: HomeAhead | null) {
  if (ahead.fitter === null) return null;
  const alone = askedOf(spec, ctx.config.spawner.type);
  return await ahead.fitter.fitOf(withNewHome(alone, home?.isMade === true ? home.capacityBytes : null));
}

export function groupViewOf({ choice, groups }: Ahead): StartGroupView {
  switch (choice.kind) {
    case "group":
      return { choices: groups, selected: choice.member.group.name, message: null };
    case "choose":
      return { choices: choice.groups, selected: null, message: choice.message };
    case "none":
      return { choices: [], selected: null, message: null };
    case "refused":
      return { choices: [], selected: null, message: choice.message };
    default:
      return choice satisfies never;
  }
}
