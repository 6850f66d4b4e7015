import { z } from "zod";
import { findGroup } from "#db/groups.ts";
import { usageBy, usageKinds } from "#db/usage.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { csvOf } from "#server/csv.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { DaysInput, windowOf } from "./window.ts";

export const UsageCsvInput = z.strictObject({
  days: DaysInput,
  by: z.enum(usageKinds),
  /** Only this group; everybody's needs the scope on everything. */
  group: z.string().max(256).optional(),
});

const linesAtMost = 100_000;

/** The same figures for a spreadsheet: one line a group, user or profile. */
export async function exportUsageCsv(ctx: VerbContext, rawInput: unknown): Promise<{ fileName: string; text: string }> {
  const input = UsageCsvInput.parse(rawInput);
  await requireScope(ctx, "read:usage", input.group === undefined ? "everything" : { group: input.group });
  const group = input.group === undefined ? undefined : await findGroup(ctx.db, input.group);
  if (input.group !== undefined && group === undefined)
    throw new HubError("not-found", `There is no group called “${input.group}”.`);
  const window = windowOf(input.days, ctx.clock.now());
  const of = group === undefined ? {} : { groupId: group.id };
  const { items } = await usageBy(ctx.db, input.by, { ...window, ...of, limit: linesAtMost, offset: 0 });
  const day = (date: Date) => date.toISOString().slice(0, 10);
  const rows = items.map((line) => [
    line.name,
    ...[line.serverHours, line.cpuHours, line.memoryGibHours, line.gpuHours].map((hours) => hours.toFixed(3)),
  ]);
  return {
    fileName: `usage-by-${input.by}-${day(window.from)}-to-${day(window.to)}.csv`,
    text: csvOf([[input.by, "server_hours", "cpu_hours", "memory_gib_hours", "gpu_hours"], ...rows]),
  };
}
