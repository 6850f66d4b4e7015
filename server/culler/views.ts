import { z } from "zod";
import { groupCullByName, groupCullsOf, userCullOf } from "#db/culling.ts";
import type { GroupCullingView, MyCullingView } from "#server/api/culling-views.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { Config } from "#server/config/schema.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { adminBounds, effectiveRule } from "./rule.ts";

export const GroupInput = z.strictObject({ group: z.string().min(1).max(256) });

/** The asker's own choice, and inside what it lies. */
export async function getMyCulling(ctx: VerbContext): Promise<MyCullingView> {
  const { actor, config, db } = ctx;
  if (actor.kind !== "user" && actor.kind !== "token")
    throw new HubError("unauthenticated", "Only a person or a token of one has servers of their own.");
  await requireScope(ctx, "read:servers", { user: actor.name });
  const [choice, groups] = await Promise.all([userCullOf(db, actor.userId), groupCullsOf(db, actor.userId)]);
  return {
    enabled: config.cull.enabled,
    choice: choice ?? {},
    bounds: adminBounds(config.cull),
    usual: usualRule(config),
    groups: groups
      .filter(({ cull }) => Object.keys(cull).length > 0)
      .map(({ name, cull }) => ({ group: name, rule: cull })),
    warnSeconds: config.cull.warnSeconds,
    maxKeepSeconds: config.cull.maxKeep,
  };
}

export async function getGroupCulling(ctx: VerbContext, rawInput: unknown): Promise<GroupCullingView> {
  const { group } = GroupInput.parse(rawInput);
  await requireScope(ctx, "read:groups", { group });
  const found = await groupCullByName(ctx.db, group);
  if (found === undefined) throw new HubError("not-found", `There is no group called “${group}”.`);
  const { cull } = ctx.config;
  return {
    enabled: cull.enabled,
    group: found.name,
    rule: found.cull,
    bounds: adminBounds(cull),
    usual: usualRule(ctx.config),
  };
}

function usualRule({ cull }: Config): MyCullingView["usual"] {
  const { idleSeconds, ...rest } = effectiveRule({ cull, profile: null, group: null, user: {} });
  return { idleSeconds: idleSeconds ?? cull.timeout, ...rest };
}
