import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { installation } from "./schema/system.ts";

/** Who this installation is: on every object it makes, so that two of them in one cluster leave each other's alone. */
export async function ensureInstallationId(db: Db): Promise<string> {
  return await ensureValue(db, "id", randomUUID());
}

/** Keeps the first value anybody stored under this key, and returns it. */
export async function ensureValue(db: Db | Tx, key: string, fresh: string): Promise<string> {
  await db.insert(installation).values({ key, value: fresh }).onConflictDoNothing();
  const [row] = await db.select({ value: installation.value }).from(installation).where(eq(installation.key, key));
  return row?.value ?? fresh;
}
