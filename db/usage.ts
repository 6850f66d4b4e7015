import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { serverRuns } from "./schema/runs.ts";

/** What was used: hours times what the server could take. A graphics card counts as one, whatever its make. */
export type Used = {
  readonly serverHours: number;
  readonly cpuHours: number;
  readonly memoryGibHours: number;
  readonly gpuHours: number;
};

type Window = { readonly from: Date; readonly to: Date };
type Of = { readonly groupId?: string | null; readonly userId?: string };

const nothing: Used = { serverHours: 0, cpuHours: 0, memoryGibHours: 0, gpuHours: 0 };

/**
 * Hours of each run that lie in the window. A run that goes on is counted until the window's end. Where an outer join found no run there
 * are none: `least` and `greatest` would pass over the nulls.
 */
function hoursWithin(from: SQL, to: SQL): SQL {
  return sql`case when ${serverRuns.startedAt} is null then 0 else greatest(0, extract(epoch from
    least(coalesce(${serverRuns.finishedAt}, ${to}), ${to}) - greatest(${serverRuns.startedAt}, ${from})) / 3600.0) end`;
}

function amounts(hours: SQL): SQL {
  return sql`coalesce(sum(${hours}), 0)::float8 as "serverHours",
    coalesce(sum(${hours} * ${serverRuns.cpuMillicores} / 1000.0), 0)::float8 as "cpuHours",
    coalesce(sum(${hours} * ${serverRuns.memoryBytes} / 1073741824.0), 0)::float8 as "memoryGibHours",
    coalesce(sum(${hours} * ${serverRuns.gpus}), 0)::float8 as "gpuHours"`;
}

/** Both halves by index: runs that ended since, and the few that go on. */
function overlaps({ from, to }: { readonly from: SQL; readonly to: SQL }): SQL {
  return sql`${serverRuns.startedAt} < ${to} and (${serverRuns.finishedAt} > ${from} or ${serverRuns.finishedAt} is null)`;
}

function belongs({ groupId, userId }: Of): SQL {
  const parts = [sql`true`];
  if (groupId !== undefined)
    parts.push(groupId === null ? sql`${serverRuns.groupId} is null` : sql`${serverRuns.groupId} = ${groupId}`);
  if (userId !== undefined) parts.push(sql`${serverRuns.userId} = ${userId}`);
  return sql.join(parts, sql` and `);
}

const instant = (date: Date) => sql`${date.toISOString()}::timestamptz`;

/** The sum over a window, of a group, a user, or a user in a group. */
export async function sumUsage(db: Db | Tx, of: Of, window: Window): Promise<Used> {
  const [from, to] = [instant(window.from), instant(window.to)];
  const { rows } = await db.execute<Used>(
    sql`select ${amounts(hoursWithin(from, to))} from ${serverRuns} where ${belongs(of)} and ${overlaps({ from, to })}`,
  );
  return rows[0] ?? nothing;
}

export type Bucket = Used & { readonly at: Date };

/** The same, cut into equal pieces of time from the window's start: what the plots are drawn from. */
export async function usageOverTime(
  db: Db | Tx,
  of: Of,
  question: Window & { readonly bucketSeconds: number },
): Promise<Bucket[]> {
  const step = sql`make_interval(secs => ${question.bucketSeconds})`;
  const [from, to] = [sql`b.at`, sql`least(b.at + ${step}, ${instant(question.to)})`];
  const { rows } = await db.execute<Omit<Bucket, "at"> & { at: string }>(
    sql`select b.at as "at", ${amounts(hoursWithin(from, to))}
      from generate_series(${instant(question.from)}, ${instant(question.to)} - interval '1 microsecond', ${step}) as b(at)
      left join ${serverRuns} on ${belongs(of)} and ${overlaps({ from, to })}
      group by b.at order by b.at`,
  );
  return rows.map((row) => ({ ...row, at: new Date(row.at) }));
}

export const usageKinds = ["group", "user", "profile"] as const;
export type UsageKind = (typeof usageKinds)[number];
export type UsageLine = Used & { readonly name: string };

const names: Record<UsageKind, { readonly select: SQL; readonly join: SQL }> = {
  group: {
    select: sql`coalesce(g.name, '(no group)')`,
    join: sql`left join groups g on g.id = ${serverRuns.groupId}`,
  },
  user: {
    select: sql`coalesce(u.name, '(deleted user)')`,
    join: sql`left join users u on u.id = ${serverRuns.userId}`,
  },
  profile: { select: sql`${serverRuns.profileSlug}`, join: sql`` },
};

/** Who or what used most over a window, most first. */
export async function usageBy(
  db: Db | Tx,
  kind: UsageKind,
  question: Window & Of & { readonly limit: number; readonly offset: number },
): Promise<{ items: UsageLine[]; total: number }> {
  const [from, to] = [instant(question.from), instant(question.to)];
  const { select, join } = names[kind];
  const { rows } = await db.execute<UsageLine & { total: number }>(
    sql`select ${select} as "name", ${amounts(hoursWithin(from, to))}, (count(*) over ())::int as "total"
      from ${serverRuns} ${join} where ${belongs(question)} and ${overlaps({ from, to })}
      group by 1 order by "cpuHours" desc, 1 limit ${question.limit} offset ${question.offset}`,
  );
  return { items: rows.map(({ total: _total, ...line }) => line), total: rows[0]?.total ?? 0 };
}
