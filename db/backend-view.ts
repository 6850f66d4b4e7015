import { sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import { notifyChannel } from "./stream.ts";

/** A leader that went is followed by another within seconds; from then on nobody looks at what runs. */
const leaderlessSeconds = 15;

/**
 * Keeps, for every hub, since when the leader's view of its backend has been old (`null`: it is fresh), and tells them. Nothing is kept for a
 * hub that has lost the lease: `for share` makes this wait for whoever is taking it. A leader that takes over while the view is old has
 * seen nothing yet: it is old since the one before said so.
 */
export async function recordBackendView(db: Db, epoch: number, staleSince: Date | null): Promise<void> {
  const value = staleSince?.toISOString() ?? "fresh";
  await db.execute(sql`
    with leader as (select epoch from leases where name = 'reconciler' and epoch = ${epoch} for share),
      kept as (insert into installation (key, value) select 'backend-view', ${value} from leader
        on conflict (key) do update set value = case
          when installation.value = 'fresh' or excluded.value = 'fresh' then excluded.value
          else least(installation.value, excluded.value) end returning key)
    select pg_notify(${notifyChannel}, 'view:' || key) from kept`);
}

/** Since when nobody can vouch for what runs: what the leader said last, or the end of the last leader's lease. */
export async function backendStaleSince(db: Db): Promise<Date | null> {
  const { rows } = await db.execute<{ value: string | null; ended: Date | null }>(sql`
    select (select value from installation where key = 'backend-view') as value,
      (select expires_at from leases where name = 'reconciler'
        and expires_at < now() - make_interval(secs => ${leaderlessSeconds})) as ended`);
  const { value, ended } = rows[0] ?? { value: null, ended: null };
  // Before the first leader has said anything nothing runs that a route could lead to.
  if (value !== null && value !== "fresh") return new Date(value);
  return ended === null ? null : new Date(ended);
}
