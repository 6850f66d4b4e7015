import type { Tx } from "./client.ts";
import { audit } from "./schema/system.ts";

export type NewAuditRow = Omit<typeof audit.$inferInsert, "id">;

/** Only ever an insert, and only inside the transaction of what it tells of. */
export async function insertAudit(tx: Tx, row: NewAuditRow): Promise<void> {
  await tx.insert(audit).values(row);
}
