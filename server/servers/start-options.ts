import { z } from "zod";
import { expectedSecondsByProfile, type ServerRow } from "#db/servers.ts";
import type { FitView } from "#server/api/quota-views.ts";
import type { LimitsView, ProfileView, StartOptionsView } from "#server/api/views.ts";
import { limitsOf } from "#server/profiles/limits.ts";
import { resolveProfile } from "#server/profiles/resolve.ts";
import { profileViews } from "#server/profiles/view.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { choiceRefused } from "./start.ts";
import { type Ahead, fitOf, groupViewOf, homeOf, lookAhead } from "./start-ahead.ts";
import { ServerInput } from "./stop.ts";
import { serverViewOf, type ViewContext } from "./view.ts";

const group = z.string().min(1).max(256).optional();
export const StartOptionsInput = ServerInput.extend({ group });

/**
 * What the spawn page shows: profiles with their limits and expected times, the last choice, the group it would count against, what fits
 * in that group, the home that will be used.
 */
export async function startOptions(view: ViewContext, ctx: VerbContext, rawInput: unknown): Promise<StartOptionsView> {
  const input = StartOptionsInput.parse(rawInput);
  const ahead = await lookAhead(ctx, input);
  const { user, server, groups, fitter } = ahead;
  const profiles = profileViews(ctx.config, await expectedSecondsByProfile(ctx.db), groups);
  const usual = resolvedFor(ctx, ahead, input.name, null);
  const home = usual.ok ? await homeOf(ctx, ahead, usual.spec) : null;
  return {
    server:
      server === undefined ? null : await serverViewOf(view, { server, ownerName: user.name, ownerUid: user.uid }),
    profiles,
    last: server === undefined ? null : lastChoice(ctx, user.name, server, groups),
    home: home === null ? null : { name: home.name, isNew: home.isNew, capacityBytes: home.capacityBytes },
    group: groupViewOf(ahead),
    gpus: fitter?.gpus ?? null,
    fits: await fitsOf(ctx, ahead, input.name, profiles),
  };
}

async function fitsOf(
  ctx: VerbContext,
  ahead: Ahead,
  serverName: string,
  profiles: readonly ProfileView[],
): Promise<Readonly<Record<string, FitView | null>>> {
  const fits = profiles.map(async ({ slug }): Promise<[string, FitView | null]> => {
    const resolved = resolvedFor(ctx, ahead, serverName, slug);
    if (!resolved.ok) return [slug, null];
    return [slug, await fitOf(ctx, ahead, resolved.spec, await homeOf(ctx, ahead, resolved.spec))];
  });
  return Object.fromEntries(await Promise.all(fits));
}

/** A profile with its default choices, as this user would start it. */
function resolvedFor({ config }: VerbContext, { user, groups }: Ahead, server: string, profile: string | null) {
  return resolveProfile({ config, profile, options: {}, user: { name: user.name }, server: { name: server }, groups });
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

export const PreviewInput = z.strictObject({
  user: z.string().max(256),
  name: z.string().max(64).default(""),
  profile: z.string().max(128),
  options: z.record(z.string().max(128), z.string().max(512)).default({}),
  group,
});

/** What these choices lead to, before anything is started: the limits, and whether they fit. */
export async function previewStart(
  ctx: VerbContext,
  rawInput: unknown,
): Promise<{ limits: LimitsView; fit: FitView | null }> {
  const input = PreviewInput.parse(rawInput);
  const ahead = await lookAhead(ctx, input);
  const { user, groups } = ahead;
  const resolved = resolveProfile({
    config: ctx.config,
    profile: input.profile,
    options: input.options,
    user: { name: user.name },
    server: { name: input.name },
    groups,
  });
  if (!resolved.ok) throw choiceRefused(resolved.problem);
  const home = await homeOf(ctx, ahead, resolved.spec);
  return { limits: limitsOf(resolved.spec), fit: await fitOf(ctx, ahead, resolved.spec, home) };
}
