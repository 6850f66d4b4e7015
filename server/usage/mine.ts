import { z } from "zod";
import { groupsOfUser } from "#db/groups.ts";
import { sumUsage, usageOverTime } from "#db/usage.ts";
import { findUserByName } from "#db/users.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { remainingHours } from "./budget.ts";
import type { MyUsageView } from "./views.ts";
import { DaysInput, windowOf } from "./window.ts";

export const MyUsageInput = z.strictObject({ user: z.string().max(256).optional(), days: DaysInput }).prefault({});

/** What one user has used, and what is left of their groups' budgets. */
export async function usageOfUser(ctx: VerbContext, rawInput: unknown): Promise<MyUsageView> {
  const input = MyUsageInput.parse(rawInput);
  const name = input.user ?? ownName(ctx);
  await requireScope(ctx, "read:usage", { user: name });
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${name}”.`);
  const window = windowOf(input.days, ctx.clock.now());
  const of = { userId: user.id };
  const groups = [];
  for (const group of await groupsOfUser(ctx.db, user.id)) {
    const budgetWindow = windowOf(group.budget?.windowDays ?? input.days, window.to);
    const whole = group.budget === null ? null : await sumUsage(ctx.db, { groupId: group.id }, budgetWindow);
    const used = await sumUsage(ctx.db, { groupId: group.id, userId: user.id }, budgetWindow);
    const remaining = remainingHours(group.budget, { group: whole ?? used, member: used });
    groups.push({ group: group.name, budget: group.budget, used, remaining });
  }
  return {
    ...window,
    total: await sumUsage(ctx.db, of, window),
    buckets: await usageOverTime(ctx.db, of, window),
    groups,
  };
}

function ownName(ctx: VerbContext): string {
  const { actor } = ctx;
  if (actor.kind === "user" || actor.kind === "token") return actor.name;
  throw new HubError("invalid", "Say whose usage: give `user`.", { detail: { field: "user" } });
}
