import { z } from "zod";
import { groupNamesOfUser } from "#db/memberships.ts";
import { expectedSecondsByProfile, findHomeByName, findHomeOf, findServer, type ServerRow } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import type { LimitsView, StartOptionsView } from "#server/api/views.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { limitsOf } from "#server/profiles/limits.ts";
import { resolveProfile } from "#server/profiles/resolve.ts";
import { profileViews } from "#server/profiles/view.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { namespaceOf } from "./namespace.ts";
import { choiceRefused } from "./start.ts";
import { ServerInput } from "./stop.ts";
import { serverViewOf, type ViewContext } from "./view.ts";

/** What the spawn page shows: profiles with their limits and expected times, the last choice, the home that will be used. */
export async function startOptions(view: ViewContext, ctx: VerbContext, rawInput: unknown): Promise<StartOptionsView> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "start:servers", { user: input.user, server: input.name });
  const user = await findUserByName(ctx.db, input.user);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${input.user}”.`);
  const [server, expected, groups] = await Promise.all([
    findServer(ctx.db, user.id, input.name),
    expectedSecondsByProfile(ctx.db),
    groupNamesOfUser(ctx.db, user.id),
  ]);
  const profiles = profileViews(ctx.config, expected, groups);
  return {
    server:
      server === undefined ? null : await serverViewOf(view, { server, ownerName: user.name, ownerUid: user.uid }),
    profiles,
    last: server === undefined ? null : lastChoice(ctx, user.name, server, groups),
    home: await homeAhead(ctx, user, input.name, server?.id, groups),
  };
}

/** What this server was last started with, as far as it may still be. */
function lastChoice(
  { config }: VerbContext,
  userName: string,
  { name, profileSlug: profile, options }: ServerRow,
  groups: readonly string[],
): StartOptionsView["last"] {
  if (profile === null) return null;
  const chosen = { profile, options: options ?? {} };
  const resolved = resolveProfile({ config, ...chosen, user: { name: userName }, server: { name }, groups });
  return resolved.ok ? chosen : null;
}

/** Which home a start would use: told before the start, so that nobody is surprised by an empty one. */
async function homeAhead(
  ctx: VerbContext,
  user: { id: string; name: string },
  serverName: string,
  serverId: string | undefined,
  groups: readonly string[],
) {
  const resolved = resolveProfile({
    config: ctx.config,
    profile: null,
    options: {},
    user: { name: user.name },
    server: { name: serverName },
    groups,
  });
  if (!resolved.ok || resolved.spec.home.kind !== "claim") return null;
  const namespace = namespaceOf(ctx.config, user.name);
  const name = resolved.spec.home.claimName;
  const own = serverId === undefined ? undefined : await findHomeOf(ctx.db, { userId: user.id, serverId, namespace });
  const left = own ?? (await findHomeByName(ctx.db, namespace, name));
  const home = left !== undefined && left.userId === user.id ? left : undefined;
  return {
    name: home?.name ?? name,
    isNew: home === undefined || home.lastUsedAt === null,
    capacityBytes: home?.capacityBytes ?? resolved.spec.home.capacityBytes,
  };
}

export const PreviewInput = z.strictObject({
  user: z.string().max(256),
  name: z.string().max(64).default(""),
  profile: z.string().max(128),
  options: z.record(z.string().max(128), z.string().max(512)).default({}),
});

/** The limits these choices lead to, before anything is started. */
export async function previewLimits(ctx: VerbContext, rawInput: unknown): Promise<{ limits: LimitsView }> {
  const input = PreviewInput.parse(rawInput);
  await requireScope(ctx, "start:servers", { user: input.user, server: input.name });
  const user = await findUserByName(ctx.db, input.user);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${input.user}”.`);
  const resolved = resolveProfile({
    config: ctx.config,
    profile: input.profile,
    options: input.options,
    user: { name: user.name },
    server: { name: input.name },
    groups: await groupNamesOfUser(ctx.db, user.id),
  });
  if (!resolved.ok) throw choiceRefused(resolved.problem);
  return { limits: limitsOf(resolved.spec) };
}
