import { and, asc, count, desc, eq, inArray, like, lt, ne, or, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { serversWithin, type Within } from "./memberships.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { reservations, serverEvents, servers } from "./schema/servers.ts";
import type { LastStop } from "./schema/settings.ts";
import { appendStream } from "./stream.ts";

export type ServerRow = typeof servers.$inferSelect;
export type HomeRow = typeof homes.$inferSelect;
export type ServerWithOwner = {
  readonly server: ServerRow;
  readonly ownerName: string;
  readonly ownerUid: number | null;
};
export type Phase = ServerRow["phase"];
export { serverPhases } from "./schema/servers.ts";

const withOwner = { server: servers, ownerName: users.name, ownerUid: users.uid };

export async function findServer(db: Db | Tx, userId: string, name: string): Promise<ServerRow | undefined> {
  const [row] = await db
    .select()
    .from(servers)
    .where(and(eq(servers.userId, userId), eq(servers.name, name)));
  return row;
}

/** Locks the row until the transaction ends: two starts of one server meet here, over any number of hubs. */
export async function lockServer(tx: Tx, serverId: string): Promise<ServerRow | undefined> {
  const [row] = await tx.select().from(servers).where(eq(servers.id, serverId)).for("update");
  return row;
}

export async function findServerById(db: Db | Tx, serverId: string): Promise<ServerWithOwner | undefined> {
  const [row] = await db
    .select(withOwner)
    .from(servers)
    .innerJoin(users, eq(users.id, servers.userId))
    .where(eq(servers.id, serverId));
  return row;
}

export async function findServersById(db: Db | Tx, ids: readonly string[]): Promise<ServerWithOwner[]> {
  if (ids.length === 0) return [];
  return await db
    .select(withOwner)
    .from(servers)
    .innerJoin(users, eq(users.id, servers.userId))
    .where(inArray(servers.id, [...ids]));
}

export async function listServersOf(db: Db | Tx, userId: string): Promise<ServerRow[]> {
  return await db.select().from(servers).where(eq(servers.userId, userId)).orderBy(asc(servers.name));
}

/** Every server, for the edge's snapshot. */
export async function allServers(db: Db | Tx): Promise<ServerWithOwner[]> {
  return await db.select(withOwner).from(servers).innerJoin(users, eq(users.id, servers.userId));
}

/** Makes the row if it isn't there; two callers at once get the same one. */
export async function ensureServer(tx: Tx, values: typeof servers.$inferInsert): Promise<ServerRow> {
  // Any unique index: of two at once, one may meet the other in `servers_object` before it does in the one of the name.
  await tx.insert(servers).values(values).onConflictDoNothing();
  const [row] = await tx
    .select()
    .from(servers)
    .where(and(eq(servers.userId, values.userId), eq(servers.name, values.name)))
    .for("update");
  if (row === undefined)
    throw new Error(`another server has the name ${values.objectName} in ${values.namespace} already`);
  return row;
}

/** What was said about the end of one run says nothing of the next. */
const nothingAnnounced = { keepUntil: null, stopAt: null, stopWhy: null };

export type Wish = Pick<
  ServerRow,
  "profileSlug" | "options" | "spec" | "secret" | "homeId" | "groupId" | "namespace"
> & { readonly wishedBy: string };

/** What a start takes of its group's quota; a restart keeps what it has. */
export type Held = Pick<
  typeof reservations.$inferInsert,
  "cpuRequestMillicores" | "cpuLimitMillicores" | "memoryRequestBytes" | "memoryLimitBytes" | "gpus"
>;

/** Records "run this": a new generation, and what it holds from now on. The caller holds the row's lock. */
export async function wishRunning(
  tx: Tx,
  server: ServerRow,
  wish: Wish,
  held: Held | "kept",
  at: Date,
): Promise<ServerRow> {
  const { id, userId } = server;
  const generation = server.generation + 1;
  const mine = eq(reservations.serverId, id);
  const set = held === "kept" ? { generation } : { ...held, generation, groupId: wish.groupId, createdAt: at };
  const reserved =
    held === "kept"
      ? tx.update(reservations).set(set).where(mine).returning({ id: reservations.serverId })
      : tx
          .insert(reservations)
          .values({ ...held, serverId: id, userId, groupId: wish.groupId, generation, createdAt: at })
          .onConflictDoUpdate({ target: reservations.serverId, set })
          .returning({ id: reservations.serverId });
  const [row] = await tx
    .with(tx.$with("reserved").as(reserved))
    .update(servers)
    .set({ ...wish, ...nothingAnnounced, desired: "running", generation, wishedAt: at, failure: null })
    .where(eq(servers.id, id))
    .returning();
  if (row === undefined) throw new Error("wishRunning: no such server");
  return row;
}

export async function wishStopped(tx: Tx, serverId: string, wishedBy: string, last: LastStop): Promise<ServerRow> {
  const [row] = await tx
    .update(servers)
    .set({ ...nothingAnnounced, desired: "stopped", wishedBy, wishedAt: new Date(last.at), lastStop: last })
    .where(eq(servers.id, serverId))
    .returning();
  if (row === undefined) throw new Error("wishStopped: no such server");
  return row;
}

/** Servers the reconciler has something to do for, or must keep an eye on. Oldest wish first. */
export async function unsettledServers(db: Db, which: { readonly andReady: boolean }): Promise<string[]> {
  const pending: Phase[] = ["queued", "spawning", "starting", "stopping"];
  const rows = await db
    .select({ id: servers.id })
    .from(servers)
    .where(or(inArray(servers.phase, which.andReady ? [...pending, "ready"] : pending), unmetWish()))
    .orderBy(asc(servers.wishedAt));
  return rows.map((row) => row.id);
}

function unmetWish(): SQL | undefined {
  return or(
    // Also of a start that was taken back before any hub saw it: what it reserved must go back.
    lt(servers.phaseGeneration, servers.generation),
    and(eq(servers.desired, "stopped"), eq(servers.phase, "ready")),
    and(eq(servers.desired, "stopped"), eq(servers.phase, "failed")),
  );
}

export async function countByPhase(db: Db | Tx): Promise<ReadonlyMap<Phase, number>> {
  const rows = await db.select({ phase: servers.phase, n: count() }).from(servers).groupBy(servers.phase);
  return new Map(rows.map((row) => [row.phase, row.n]));
}

/** Servers that hold or will hold resources. */
export async function countActive(db: Db | Tx): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(servers)
    .where(or(eq(servers.desired, "running"), ne(servers.phase, "stopped")));
  return row?.n ?? 0;
}

/** 1 is next. Null when it isn't waiting. */
export async function queuePositionOf(db: Db | Tx, server: ServerRow): Promise<number | null> {
  if (server.phase !== "queued" || server.wishedAt === null) return null;
  const [row] = await db
    .select({ n: count() })
    .from(servers)
    .where(and(eq(servers.phase, "queued"), lt(servers.wishedAt, server.wishedAt)));
  return (row?.n ?? 0) + 1;
}

export async function deleteServerRow(tx: Tx, serverId: string): Promise<void> {
  await tx.delete(servers).where(eq(servers.id, serverId));
}

/**
 * Activity never goes backwards, unless what is recorded lies in the future: then the clock was put back, and what is new would else
 * count for nothing until it has caught up. It only counts for the run it was seen on. A stop that was announced because nobody was
 * there is off at once, and the edges are told. With `free`, servers that somebody has locked are left out.
 */
export async function touchServers(
  tx: Tx,
  seen: readonly { serverId: string; runId: string; at: Date }[],
  now: Date,
  which: "all" | "free" = "all",
): Promise<void> {
  if (seen.length === 0) return;
  const values = sql.join(
    seen.map((s) => sql`(${s.serverId}::uuid, ${s.runId}::text, ${s.at.toISOString()}::timestamptz)`),
    sql`, `,
  );
  const { rows } = await tx.execute<{ id: string }>(sql`
    with seen(id, run_id, at) as (values ${values}),
    fresh as (
      select s.id, seen.at, s.stop_why = 'idle' as announced from seen join servers s on s.id = seen.id and s.run_id = seen.run_id
      where s.last_activity_at is null or seen.at > s.last_activity_at or s.last_activity_at > ${now.toISOString()}::timestamptz
      for update of s ${which === "free" ? sql`skip locked` : sql``}
    ),
    touched as (
      update servers set last_activity_at = fresh.at,
        stop_at = case when servers.stop_why = 'idle' then null else servers.stop_at end,
        stop_why = case when servers.stop_why = 'idle' then null else servers.stop_why end
      from fresh where servers.id = fresh.id
      returning servers.user_id, servers.last_activity_at
    ),
    people as (
      update users set last_activity_at = greatest(users.last_activity_at, t.at)
      from (select user_id, max(last_activity_at) as at from touched group by user_id) t where users.id = t.user_id
    )
    select id from fresh where announced`);
  if (rows.length > 0)
    await appendStream(
      tx,
      rows.map(({ id }) => ({ type: "server", serverId: id })),
    );
}

export type ServerListQuery = {
  readonly reach: Within;
  readonly search: string;
  readonly phase: Phase | null;
  readonly sort: "owner" | "-owner" | "since" | "-since" | "lastActivity" | "-lastActivity";
  readonly offset: number;
  readonly limit: number;
};

export async function searchServers(
  db: Db,
  query: ServerListQuery,
): Promise<{ items: ServerWithOwner[]; total: number }> {
  const where = and(
    serversWithin(query.reach),
    query.search === "" ? undefined : serversLike(query.search),
    query.phase === null ? undefined : eq(servers.phase, query.phase),
  );
  const columns = { owner: users.name, since: servers.phaseSince, lastActivity: servers.lastActivityAt };
  const descending = query.sort.startsWith("-");
  const column = columns[query.sort.replace("-", "") as keyof typeof columns];
  const order = descending ? sql`${column} desc nulls last` : sql`${column} asc nulls last`;
  const from = () => db.select(withOwner).from(servers).innerJoin(users, eq(users.id, servers.userId)).where(where);
  const [items, [total]] = await Promise.all([
    from().orderBy(order, asc(servers.id)).offset(query.offset).limit(query.limit),
    db.select({ n: count() }).from(servers).where(where),
  ]);
  return { items, total: total?.n ?? 0 };
}

/** By owner, name or profile. Users' names are stored in lower case; looked up apart, they are compared once a user. */
function serversLike(search: string): SQL | undefined {
  const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, "\\$&")}%`;
  return or(
    sql`${servers.userId} in (select ${users.id} from ${users} where ${like(users.name, pattern)})`,
    // Most are the default server, which has no name.
    sql`(${servers.name} <> '' and lower(${servers.name}) like ${pattern})`,
    sql`lower(${servers.profileSlug}) like ${pattern}`,
  );
}

export type ServerEventRow = typeof serverEvents.$inferSelect;

export async function addServerEvents(
  db: Db | Tx,
  events: readonly (typeof serverEvents.$inferInsert)[],
): Promise<void> {
  if (events.length > 0) await db.insert(serverEvents).values([...events]);
}

export async function listServerEvents(db: Db | Tx, serverId: string, generation: number): Promise<ServerEventRow[]> {
  return await db
    .select()
    .from(serverEvents)
    .where(and(eq(serverEvents.serverId, serverId), eq(serverEvents.generation, generation)))
    .orderBy(asc(serverEvents.id))
    .limit(200);
}

/** Half of a profile's last 50 starts took less than this, in seconds. */
export async function expectedSecondsByProfile(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db.execute<{ slug: string; seconds: number }>(sql`
    select slug, percentile_cont(0.5) within group (order by seconds) as seconds from (
      select profile_slug as slug, extract(epoch from ready_at - wished_at)::float8 as seconds,
        row_number() over (partition by profile_slug order by ready_at desc) as n
      from server_runs where ready_at is not null
    ) recent where n <= 50 group by slug`);
  return new Map(rows.rows.map((row) => [row.slug, row.seconds]));
}

export async function findHome(db: Db | Tx, homeId: string): Promise<HomeRow | undefined> {
  const [row] = await db.select().from(homes).where(eq(homes.id, homeId));
  return row;
}

export async function findHomeOf(
  db: Db | Tx,
  key: { readonly userId: string; readonly serverId: string; readonly namespace: string },
): Promise<HomeRow | undefined> {
  const [row] = await db
    .select()
    .from(homes)
    .where(and(eq(homes.userId, key.userId), eq(homes.serverId, key.serverId), eq(homes.namespace, key.namespace)))
    .orderBy(desc(homes.createdAt))
    .limit(1);
  return row;
}

export async function findHomeByName(db: Db | Tx, namespace: string, name: string): Promise<HomeRow | undefined> {
  const [row] = await db
    .select()
    .from(homes)
    .where(and(eq(homes.namespace, namespace), eq(homes.name, name)));
  return row;
}

/** `undefined`: another server made one of that name just now. */
export async function addHome(tx: Tx, home: typeof homes.$inferInsert): Promise<HomeRow | undefined> {
  const [row] = await tx.insert(homes).values(home).onConflictDoNothing().returning();
  return row;
}

export async function attachHome(tx: Tx, homeId: string, serverId: string): Promise<void> {
  await tx.update(homes).set({ serverId }).where(eq(homes.id, homeId));
}

/** Runs still open although their server is not: left by a crash between two writes. */
export async function runningServersOf(db: Db | Tx, userId: string): Promise<ServerRow[]> {
  return await db
    .select()
    .from(servers)
    .where(and(eq(servers.userId, userId), or(eq(servers.desired, "running"), ne(servers.phase, "stopped"))));
}

/** The claim that was made or found for this home. Its first UID is kept: another one later is another claim. */
export async function attachClaim(db: Db, homeId: string, claimUid: string): Promise<void> {
  await db
    .update(homes)
    .set({ claimUid: sql`coalesce(${homes.claimUid}, ${claimUid})` })
    .where(eq(homes.id, homeId));
}

/** Everything that runs, starts, stops or is asked to run. */
export async function activeServers(db: Db | Tx): Promise<ServerRow[]> {
  const settledFailure = and(eq(servers.phase, "failed"), eq(servers.phaseGeneration, servers.generation));
  return await db
    .select()
    .from(servers)
    .where(and(or(eq(servers.desired, "running"), ne(servers.phase, "stopped")), sql`not (${settledFailure})`));
}
