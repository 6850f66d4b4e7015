import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";

export async function databaseFacts(db: Db): Promise<{ version: string; now: Date }> {
  const result = await db.execute<{ version: string; now: Date | string }>(
    sql`select current_setting('server_version') as version, clock_timestamp() as now`,
  );
  const [row] = result.rows;
  return { version: row?.version ?? "", now: new Date(row?.now ?? 0) };
}
