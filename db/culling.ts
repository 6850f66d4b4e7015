import { and, eq, inArray, isNotNull, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groupMembers, groups } from "./schema/groups.ts";
import { users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import type { CullRule, LastStop } from "./schema/settings.ts";
import { notifyChannel } from "./stream.ts";

/** What the culler looks at: the servers that are ready and are to be, without their whole specification. */
export type CullCandidate = {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string;
  readonly generation: number;
  readonly runId: string;
  readonly target: unknown;
  readonly app: unknown;
  readonly secret: string | null;
  readonly profileSlug: string | null;
  readonly readyAt: Date;
  readonly lastActivityAt: Date | null;
  readonly keepUntil: Date | null;
  readonly stopAt: Date | null;
  readonly stopWhy: string | null;
  readonly userCull: CullRule;
  readonly groupCull: CullRule | null;
};

export async function cullCandidates(db: Db): Promise<CullCandidate[]> {
  const rows = await db
    .select({
      id: servers.id,
      name: servers.name,
      ownerName: users.name,
      generation: servers.generation,
      runId: servers.runId,
      target: servers.target,
      app: sql<unknown>`${servers.spec} -> 'app'`,
      secret: servers.secret,
      profileSlug: servers.profileSlug,
      readyAt: servers.readyAt,
      lastActivityAt: servers.lastActivityAt,
      keepUntil: servers.keepUntil,
      stopAt: servers.stopAt,
      stopWhy: servers.stopWhy,
      userCull: users.cull,
      groupCull: groups.cull,
    })
    .from(servers)
    .innerJoin(users, eq(users.id, servers.userId))
    .leftJoin(groups, eq(groups.id, servers.groupId))
    .where(
      and(
        eq(servers.phase, "ready"),
        eq(servers.desired, "running"),
        eq(servers.phaseGeneration, servers.generation),
        isNotNull(servers.runId),
        isNotNull(servers.readyAt),
      ),
    );
  return rows.flatMap(({ runId, readyAt, ...row }) =>
    runId === null || readyAt === null ? [] : [{ ...row, runId, readyAt }],
  );
}

/** What a decision was made on. Whatever of it is no longer so refuses what was decided (D7). */
export type CullPremise = {
  readonly serverId: string;
  readonly generation: number;
  readonly runId: string;
  readonly lastActivityAt: Date | null;
  readonly keepUntil: Date | null;
  readonly stopAt: Date | null;
  readonly stopWhy: string | null;
  /** Of the culler's lease: one that slept through it writes nothing. */
  readonly epoch: number;
};

export const cullerLease = "culler";

/** Announces a stop, or takes the announcement back (`null`). False when the premise no longer holds. */
export async function announceStop(
  db: Db | Tx,
  premise: CullPremise,
  stop: { readonly at: Date; readonly why: string } | null,
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    with saved as (
      update ${servers} set stop_at = ${stop?.at.toISOString() ?? null}::timestamptz, stop_why = ${stop?.why ?? null}::text
      where ${holds(premise)} returning ${servers.id}
    ) select pg_notify(${notifyChannel}, 'server:' || id) from saved`);
  return rows.length === 1;
}

/** The wish that an idle server stops. False when the premise no longer holds: somebody came back meanwhile. */
export async function wishCulled(tx: Tx, premise: CullPremise, last: LastStop, wishedBy: string): Promise<boolean> {
  const changed = await tx
    .update(servers)
    .set({ desired: "stopped", wishedBy, wishedAt: new Date(last.at), stopAt: null, stopWhy: null, lastStop: last })
    .where(holds(premise))
    .returning({ id: servers.id });
  return changed.length === 1;
}

function holds({ serverId, epoch, ...premise }: CullPremise): SQL | undefined {
  return and(
    eq(servers.id, serverId),
    eq(servers.desired, "running"),
    eq(servers.phase, "ready"),
    eq(servers.generation, premise.generation),
    eq(servers.runId, premise.runId),
    same(sql`${servers.lastActivityAt}`, premise.lastActivityAt?.toISOString() ?? null, "timestamptz"),
    same(sql`${servers.keepUntil}`, premise.keepUntil?.toISOString() ?? null, "timestamptz"),
    same(sql`${servers.stopAt}`, premise.stopAt?.toISOString() ?? null, "timestamptz"),
    same(sql`${servers.stopWhy}`, premise.stopWhy, "text"),
    sql`${epoch} = (select epoch from leases where name = ${cullerLease})`,
  );
}

/** Columns of time are written from a program's milliseconds, so equality is exact; anything newer is another value. */
function same(column: SQL, value: string | null, type: "timestamptz" | "text"): SQL {
  return sql`${column} is not distinct from ${value}::${sql.raw(type)}`;
}

/** Somebody's wish to keep a server; the announcement of a stop before then goes. */
export async function keepServer(tx: Tx, serverId: string, until: Date | null): Promise<void> {
  const at = until?.toISOString() ?? null;
  await tx
    .update(servers)
    .set({
      keepUntil: until,
      stopAt: sql`case when ${servers.stopWhy} in ('max-age', 'budget') or ${at}::timestamptz is null or ${servers.stopAt} >= ${at}::timestamptz then ${servers.stopAt} end`,
      stopWhy: sql`case when ${servers.stopWhy} in ('max-age', 'budget') or ${at}::timestamptz is null or ${servers.stopAt} >= ${at}::timestamptz then ${servers.stopWhy} end`,
    })
    .where(eq(servers.id, serverId));
}

/** Where nothing is stopped for these reasons any more, nothing is announced for them either. */
export async function forgetAnnouncements(db: Db, reasons: readonly string[]): Promise<void> {
  await db
    .update(servers)
    .set({ stopAt: null, stopWhy: null })
    .where(inArray(servers.stopWhy, [...reasons]));
}

export async function setUserCull(tx: Tx, userId: string, cull: CullRule): Promise<void> {
  await tx.update(users).set({ cull }).where(eq(users.id, userId));
}

export async function userCullOf(db: Db | Tx, userId: string): Promise<CullRule | undefined> {
  const [row] = await db.select({ cull: users.cull }).from(users).where(eq(users.id, userId));
  return row?.cull;
}

export type GroupCull = { readonly id: string; readonly name: string; readonly cull: CullRule };

export async function groupCullByName(db: Db | Tx, name: string): Promise<GroupCull | undefined> {
  const [row] = await db
    .select({ id: groups.id, name: groups.name, cull: groups.cull })
    .from(groups)
    .where(and(eq(groups.name, name), sql`${groups.deletedAt} is null`));
  return row;
}

/** Of every group a user is in. */
export async function groupCullsOf(db: Db | Tx, userId: string): Promise<GroupCull[]> {
  return await db
    .select({ id: groups.id, name: groups.name, cull: groups.cull })
    .from(groups)
    .innerJoin(groupMembers, eq(groupMembers.groupId, groups.id))
    .where(and(eq(groupMembers.userId, userId), sql`${groups.deletedAt} is null`))
    .orderBy(groups.name);
}

export async function groupCullById(db: Db | Tx, groupId: string): Promise<CullRule | null> {
  const [row] = await db.select({ cull: groups.cull }).from(groups).where(eq(groups.id, groupId));
  return row?.cull ?? null;
}

export async function setGroupCull(tx: Tx, groupId: string, cull: CullRule): Promise<void> {
  await tx.update(groups).set({ cull }).where(eq(groups.id, groupId));
}
