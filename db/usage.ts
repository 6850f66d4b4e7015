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

/** The runs that overlap a window, each half by an index: those that ended since, and the few that go on. */
function runsWithin(of: Of, { from, to }: Window): SQL {
  const columns = sql`${serverRuns.groupId} as group_id, ${serverRuns.userId} as user_id, ${serverRuns.profileSlug} as profile_slug,
    ${serverRuns.cpuMillicores} / 1000.0 as cpus, ${serverRuns.memoryBytes} / 1073741824.0 as gib, ${serverRuns.gpus} as gpus`;
  const begun = sql`greatest(${serverRuns.startedAt}, ${instant(from)}) as begun`;
  const started = sql`${serverRuns.startedAt} < ${instant(to)} and ${belongs(of)}`;
  return sql`(
    select ${columns}, ${begun}, least(${serverRuns.finishedAt}, ${instant(to)}) as ended
    from ${serverRuns} where ${serverRuns.finishedAt} > ${instant(from)} and ${started}
    union all
    select ${columns}, ${begun}, ${instant(to)} from ${serverRuns} where ${serverRuns.finishedAt} is null and ${started}
  ) r`;
}

const wholeRun = sql`extract(epoch from r.ended - r.begun) / 3600.0`;

function amounts(hours: SQL): SQL {
  return sql`coalesce(sum(${hours}), 0)::float8 as "serverHours", coalesce(sum(${hours} * r.cpus), 0)::float8 as "cpuHours",
    coalesce(sum(${hours} * r.gib), 0)::float8 as "memoryGibHours", coalesce(sum(${hours} * r.gpus), 0)::float8 as "gpuHours"`;
}

function belongs({ groupId, userId }: Of): SQL {
  const parts = [sql`true`];
  if (groupId !== undefined)
    parts.push(groupId === null ? sql`${serverRuns.groupId} is null` : sql`${serverRuns.groupId} = ${groupId}`);
  if (userId !== undefined) parts.push(sql`${serverRuns.userId} = ${userId}`);
  return sql.join(parts, sql` and `);
}

const instant = (date: Date) => sql`${date.toISOString()}::timestamptz`;

/** The sum over a window, of a group, a user, or a user in a group. A run that goes on is counted until the window's end. */
export async function sumUsage(db: Db | Tx, of: Of, window: Window): Promise<Used> {
  const { rows } = await db.execute<Used>(sql`select ${amounts(wholeRun)} from ${runsWithin(of, window)}`);
  return rows[0] ?? nothing;
}

export type Bucket = Used & { readonly at: Date };

/** The same, cut into equal pieces of time from the window's start: what the plots are drawn from. Empty pieces are there too. */
export async function usageOverTime(
  db: Db | Tx,
  of: Of,
  window: Window & { readonly bucketSeconds: number },
): Promise<Bucket[]> {
  const { from, to, bucketSeconds } = window;
  const start = instant(from);
  const startOf = (piece: SQL) => sql`(${start} + ${piece} * make_interval(secs => ${bucketSeconds}))`;
  const pieceOf = (time: SQL) => sql`floor(extract(epoch from ${time} - ${start}) / ${bucketSeconds})::int`;
  const hours = sql`extract(epoch from least(r.ended, ${startOf(sql`(p + 1)`)}) - greatest(r.begun, ${startOf(sql`p`)})) / 3600.0`;
  const { rows } = await db.execute<Used & { piece: number }>(
    sql`select p as "piece", ${amounts(hours)} from ${runsWithin(of, window)}
      cross join lateral generate_series(${pieceOf(sql`r.begun`)}, ${pieceOf(sql`r.ended - interval '1 microsecond'`)}) p group by p`,
  );
  const found = new Map(rows.map(({ piece, ...used }) => [piece, used]));
  const pieces = Math.ceil((to.getTime() - from.getTime()) / (bucketSeconds * 1000));
  return Array.from({ length: pieces }, (_, piece) => ({
    ...(found.get(piece) ?? nothing),
    at: new Date(from.getTime() + piece * bucketSeconds * 1000),
  }));
}

export const usageKinds = ["group", "user", "profile"] as const;
export type UsageKind = (typeof usageKinds)[number];
export type UsageLine = Used & { readonly name: string };

const kinds: Record<UsageKind, { readonly key: SQL; readonly name: SQL }> = {
  group: {
    key: sql`r.group_id`,
    name: sql`case when r.key is null then '(no group)' else coalesce((select name from groups where id = r.key), '(deleted group)') end`,
  },
  user: { key: sql`r.user_id`, name: sql`coalesce((select name from users where id = r.key), '(deleted user)')` },
  profile: { key: sql`r.profile_slug`, name: sql`r.key` },
};

/** Who or what used most over a window, most first. Names are looked up for the lines shown alone. */
export async function usageBy(
  db: Db | Tx,
  kind: UsageKind,
  question: Window & Of & { readonly limit: number; readonly offset: number },
): Promise<{ items: UsageLine[]; total: number }> {
  const { key, name } = kinds[kind];
  const { rows } = await db.execute<UsageLine & { total: number }>(
    sql`select ${name} as "name", r."serverHours", r."cpuHours", r."memoryGibHours", r."gpuHours", r.total from (
      select ${key} as key, ${amounts(wholeRun)}, (count(*) over ())::int as total from ${runsWithin(question, question)}
      group by 1 order by "cpuHours" desc, 1 limit ${question.limit} offset ${question.offset}
    ) r order by r."cpuHours" desc, r.key`,
  );
  return { items: rows.map(({ total: _total, ...line }) => line), total: rows[0]?.total ?? 0 };
}
