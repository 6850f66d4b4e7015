import { and, desc, eq, gte, like, lt, type SQL } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { audit } from "./schema/system.ts";

export type NewAuditRow = Omit<typeof audit.$inferInsert, "id">;
export type AuditRow = typeof audit.$inferSelect;

/** Only ever an insert, and only inside the transaction of what it tells of. */
export async function insertAudit(tx: Tx, row: NewAuditRow): Promise<void> {
  await tx.insert(audit).values(row);
}

export type AuditQuestion = {
  /** `server` finds `server.start` and `server.stop`; empty finds all. */
  readonly action: string;
  readonly actorName: string;
  readonly target: string;
  readonly from: Date | null;
  readonly to: Date | null;
  /** Rows older than this one: the table grows at its head, so pages are counted from a row, not from the top. */
  readonly before: number | null;
  readonly limit: number;
};

/** Newest first. */
export async function searchAudit(db: Db, question: AuditQuestion): Promise<AuditRow[]> {
  const { action, actorName, target, from, to, before, limit } = question;
  const parts: (SQL | undefined)[] = [
    action === "" ? undefined : like(audit.action, `${action.replaceAll(/[\\%_]/g, "\\$&")}%`),
    actorName === "" ? undefined : eq(audit.actorName, actorName),
    target === "" ? undefined : eq(audit.target, target),
    from === null ? undefined : gte(audit.at, from),
    to === null ? undefined : lt(audit.at, to),
    before === null ? undefined : lt(audit.id, before),
  ];
  return await db
    .select()
    .from(audit)
    .where(and(...parts))
    .orderBy(desc(audit.id))
    .limit(limit);
}
