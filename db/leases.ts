import { and, eq, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { leases } from "./schema/system.ts";

export type Lease = { readonly epoch: number };

/**
 * Takes or renews a lease by the database's own clock, so the hubs' clocks don't matter. A change of holder raises
 * `epoch`; every write of the leader carries its epoch, so one that lost the lease without noticing is refused.
 */
export async function acquireLease(db: Db, name: string, holder: string, seconds: number): Promise<Lease | null> {
  const rows = await db.execute<{ epoch: string }>(sql`
    insert into leases (name, holder, epoch, expires_at)
    values (${name}, ${holder}, 1, now() + make_interval(secs => ${seconds}))
    on conflict (name) do update set
      holder = excluded.holder,
      epoch = leases.epoch + (case when leases.holder = excluded.holder then 0 else 1 end),
      expires_at = excluded.expires_at
    where leases.holder = excluded.holder or leases.expires_at < now()
    returning epoch`);
  const epoch = rows.rows[0]?.epoch;
  return epoch === undefined ? null : { epoch: Number(epoch) };
}

/** Gives the lease up at once, so that another hub needn't wait for it to run out. */
export async function releaseLease(db: Db, name: string, holder: string): Promise<void> {
  await db
    .update(leases)
    .set({ expiresAt: sql`now() - interval '1 second'`, holder: "" })
    .where(and(eq(leases.name, name), eq(leases.holder, holder)));
}
