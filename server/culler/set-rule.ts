import { inTransaction } from "#db/client.ts";
import { groupCullByName, setGroupCull, setUserCull } from "#db/culling.ts";
import type { CullRule } from "#db/schema/settings.ts";
import type { GroupCullingView, MyCullingView } from "#server/api/culling-views.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import type { Config } from "#server/config/schema.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { durationText } from "./duration-text.ts";
import { adminBounds } from "./rule.ts";
import { CullRuleInput } from "./rule-input.ts";
import { GroupInput, getGroupCulling, getMyCulling } from "./views.ts";

/** The asker's own choice, inside the admin's bounds. Profile and group may hold it shorter. Errors: forbidden, invalid. */
export async function setMyCulling(ctx: VerbContext, rawInput: unknown): Promise<MyCullingView> {
  const input = CullRuleInput.parse(rawInput);
  const { actor } = ctx;
  if (actor.kind !== "user" && actor.kind !== "token")
    throw new HubError("unauthenticated", "Only a person or a token of one has servers of their own.");
  await requireScope(ctx, "start:servers", { user: actor.name });
  const rule = checkedRule(ctx.config, input);
  await inTransaction(ctx.db, async (tx) => {
    await setUserCull(tx, actor.userId, rule);
    await recordAudit(tx, ctx, { action: "user.set-culling", target: `user:${actor.userId}`, detail: detailOf(rule) });
  });
  return await getMyCulling(ctx);
}

export const SetGroupCullingInput = GroupInput.extend(CullRuleInput.shape);

/** A group's rule, by its managers, inside the admin's bounds. Errors: forbidden, not-found, invalid. */
export async function setGroupCulling(ctx: VerbContext, rawInput: unknown): Promise<GroupCullingView> {
  const { group, ...input } = SetGroupCullingInput.parse(rawInput);
  await requireScope(ctx, "groups", { group });
  const rule = checkedRule(ctx.config, input);
  await inTransaction(ctx.db, async (tx) => {
    const found = await groupCullByName(tx, group);
    if (found === undefined) throw new HubError("not-found", `There is no group called “${group}”.`);
    await setGroupCull(tx, found.id, rule);
    await recordAudit(tx, ctx, {
      action: "group.set-culling",
      target: `group:${found.id}`,
      detail: { group: found.name, ...detailOf(rule) },
    });
  });
  return await getGroupCulling(ctx, { group });
}

function checkedRule({ cull }: Config, { idleSeconds, maxAgeSeconds, quietHours }: CullRuleInput): CullRule {
  const { min, max } = adminBounds(cull);
  if (typeof idleSeconds === "number" && (idleSeconds < min || idleSeconds > (max ?? idleSeconds)))
    throw new HubError("invalid", `The idle time can be from ${durationText(min)} to ${durationText(max ?? 0)} here.`, {
      detail: { field: "idleSeconds" },
    });
  if (typeof maxAgeSeconds === "number" && maxAgeSeconds < min)
    throw new HubError("invalid", `The maximum age can't be less than ${durationText(min)} here.`, {
      detail: { field: "maxAgeSeconds" },
    });
  return {
    ...(typeof idleSeconds === "number" ? { idleSeconds } : {}),
    ...(typeof maxAgeSeconds === "number" ? { maxAgeSeconds } : {}),
    ...(quietHours.length > 0 ? { quietHours } : {}),
  };
}

function detailOf({ idleSeconds, maxAgeSeconds, quietHours = [] }: CullRule) {
  return {
    idleSeconds: idleSeconds ?? null,
    maxAgeSeconds: maxAgeSeconds ?? null,
    quietHours: quietHours.map(({ days, from, to, timeZone }) => `${days.join("")} ${from}-${to} ${timeZone}`),
  };
}
