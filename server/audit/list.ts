import { z } from "zod";
import { type AuditRow, searchAudit } from "#db/audit.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { csvOf } from "#server/csv.ts";
import type { VerbContext } from "#server/verb-context.ts";

const filters = {
  action: z.string().max(64).default(""),
  actor: z.string().max(256).default(""),
  target: z.string().max(256).default(""),
  from: z.date().nullable().default(null),
  to: z.date().nullable().default(null),
};

export const ListAuditInput = z.strictObject({
  ...filters,
  /** The id of the last row of the page before. */
  before: z.int().min(1).nullable().default(null),
  pageSize: z.int().min(1).max(200).default(50),
});

/** What was done, by whom, when and from where; newest first. `next` is null on the last page. */
export async function listAudit(
  ctx: VerbContext,
  rawInput: unknown,
): Promise<{ items: readonly AuditRow[]; next: number | null }> {
  const { actor, pageSize, ...input } = ListAuditInput.parse(rawInput ?? {});
  await requireScope(ctx, "read:audit", "everything");
  const rows = await searchAudit(ctx.db, { ...input, actorName: actor, limit: pageSize + 1 });
  const items = rows.slice(0, pageSize);
  return { items, next: rows.length > pageSize ? (items.at(-1)?.id ?? null) : null };
}

export const ExportAuditInput = z.strictObject(filters);
const rowsAtMost = 100_000;

/** The same rows as a file for a spreadsheet; `truncated` when there were more than a file holds. */
export async function exportAudit(
  ctx: VerbContext,
  rawInput: unknown,
): Promise<{ fileName: string; text: string; truncated: boolean }> {
  const { actor, ...input } = ExportAuditInput.parse(rawInput ?? {});
  await requireScope(ctx, "read:audit", "everything");
  const rows = await searchAudit(ctx.db, { ...input, actorName: actor, before: null, limit: rowsAtMost + 1 });
  const header = ["id", "at", "actor_kind", "actor", "action", "target", "detail", "request_id", "client_address"];
  const lines = rows
    .slice(0, rowsAtMost)
    .map((row) => [
      String(row.id),
      row.at.toISOString(),
      row.actorKind,
      row.actorName,
      row.action,
      row.target,
      JSON.stringify(row.detail),
      row.requestId ?? "",
      row.clientAddress ?? "",
    ]);
  const day = ctx.clock.now().toISOString().slice(0, 10);
  return { fileName: `audit-${day}.csv`, text: csvOf([header, ...lines]), truncated: rows.length > rowsAtMost };
}
