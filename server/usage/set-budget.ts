import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { lockGroup, updateGroup } from "#db/groups.ts";
import type { Budget } from "#db/schema/settings.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

const hours = z
  .number("Hours are a number, such as 100.")
  .min(0, "Hours can't be negative.")
  .max(100_000_000, "That is more hours than any cluster has.")
  .optional();
const ComputeHours = z.strictObject({ cpuHours: hours, memoryGibHours: hours, gpuHours: hours });

export const SetBudgetInput = z.strictObject({
  group: z.string().max(256),
  budget: z
    .strictObject({
      windowDays: z.int().min(1, "At least one day.").max(366, "At most 366 days."),
      group: ComputeHours.default({}),
      member: ComputeHours.default({}),
      whenSpent: z.enum(["refuse-start", "stop"]),
    })
    .nullable(),
});

/** Sets the group's compute-hours budget, or none. Nothing is stopped by this: starts are refused, or stopped with a warning, later. */
export async function setBudget(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const input = SetBudgetInput.parse(rawInput);
  await requireScope(ctx, "groups", { group: input.group });
  await inTransaction(ctx.db, async (tx) => {
    const group = await lockGroup(tx, input.group);
    if (group === undefined) throw new HubError("not-found", `There is no group called “${input.group}”.`);
    const budget = input.budget === null ? null : withoutAbsent(input.budget);
    await updateGroup(tx, group.id, { budget });
    await recordAudit(tx, ctx, {
      action: "group.set-budget",
      target: `group:${group.id}`,
      detail: { group: input.group, before: JSON.stringify(group.budget), after: JSON.stringify(budget) },
    });
  });
}

type Parsed = NonNullable<z.infer<typeof SetBudgetInput>["budget"]>;

function withoutAbsent({ windowDays, group, member, whenSpent }: Parsed): Budget {
  const present = (from: Parsed["group"]) =>
    Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined));
  return { windowDays, group: present(group), member: present(member), whenSpent };
}
