import { and, asc, count, desc, eq, ilike, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { Db } from "./client.ts";
import type { Within } from "./memberships.ts";
import { type Used, usedIn } from "./reservations.ts";
import { groups } from "./schema/groups.ts";
import { homes } from "./schema/homes.ts";
import { users } from "./schema/people.ts";
import { reservations } from "./schema/servers.ts";
import { type Amounts, type QuotaResource, quotaResources } from "./schema/settings.ts";

const held = sql`select ${reservations.groupId} as group_id, ${reservations.userId} as user_id, 1 as "servers", 0 as "homes",
    ${reservations.cpuRequestMillicores} as "cpuRequestMillicores", ${reservations.cpuLimitMillicores} as "cpuLimitMillicores",
    ${reservations.memoryRequestBytes} as "memoryRequestBytes", ${reservations.memoryLimitBytes} as "memoryLimitBytes",
    ${reservations.gpus} as "gpus", 0 as "storageBytes"
  from ${reservations}`;
const kept = sql`select ${homes.groupId}, ${homes.userId}, 0, 1, 0, 0, 0, 0, 0, ${homes.capacityBytes} from ${homes}
  where ${isNull(homes.removedAt)}`;

const heldColumns = [
  ["cpuRequestMillicores", reservations.cpuRequestMillicores],
  ["cpuLimitMillicores", reservations.cpuLimitMillicores],
  ["memoryRequestBytes", reservations.memoryRequestBytes],
  ["memoryLimitBytes", reservations.memoryLimitBytes],
  ["gpus", reservations.gpus],
] as const;

const sums = sql.join(
  quotaResources.map((resource) => sql`sum(${sql.identifier(resource)}) as ${sql.identifier(resource)}`),
  sql`, `,
);

export type UsedByMember = { readonly user: string; readonly amounts: Used };

/** What each user holds of a group, whoever has most servers first, and how many users that are in all. */
export async function usedByMembers(
  db: Db,
  groupId: string,
  atMost: number,
): Promise<{ readonly members: readonly UsedByMember[]; readonly total: number }> {
  const { rows } = await db.execute<Record<string, string>>(sql`
    select ${users.name} as "user", count(*) over () as total, used.* from (
      select user_id, ${sums} from (
        (${held} where ${eq(reservations.groupId, groupId)}) union all (${kept} and ${eq(homes.groupId, groupId)})
      ) everything group by user_id
    ) used join ${users} on ${users.id} = used.user_id
    order by used."servers" desc, used."memoryLimitBytes" desc, ${users.name} limit ${atMost}`);
  return {
    members: rows.map((row) => ({ user: row.user ?? "", amounts: usedIn(row) })),
    total: Number(rows[0]?.total ?? 0),
  };
}

export type GroupUse = {
  readonly name: string;
  readonly quota: Amounts;
  readonly ceiling: Amounts;
  readonly used: Used;
  readonly fullness: number;
};

export type OverviewQuery = {
  readonly within: Within;
  readonly search: string;
  readonly sort: "name" | "-name" | "-fullest";
  readonly page: number;
  readonly pageSize: number;
};

const heldByGroup = sql`select ${reservations.groupId} as group_id, count(*) as "servers",
    ${sql.join(
      heldColumns.map(([resource, column]) => sql`sum(${column}) as ${sql.identifier(resource)}`),
      sql`, `,
    )}
  from ${reservations} where ${reservations.groupId} in (select id from picked) group by ${reservations.groupId}`;
const keptByGroup = sql`select ${homes.groupId} as group_id, count(*) as "homes", sum(${homes.capacityBytes}) as "storageBytes"
  from ${homes} where ${homes.groupId} in (select id from picked) and ${isNull(homes.removedAt)} group by ${homes.groupId}`;

/** A page of groups with what they use. */
export async function quotaOverview(
  db: Db,
  query: OverviewQuery,
): Promise<{ readonly groups: readonly GroupUse[]; readonly total: number }> {
  const { within, search, sort, page, pageSize } = query;
  const text = search.replaceAll(/[\\%_]/g, "\\$&");
  const where = and(
    isNull(groups.deletedAt),
    within.kind === "everything"
      ? undefined
      : within.groups.length === 0
        ? sql`false`
        : inArray(groups.name, [...within.groups]),
    text === "" ? undefined : ilike(groups.name, `%${text}%`),
  );
  const name = sort === "-name" ? desc(groups.name) : asc(groups.name);
  const cut = sql`limit ${pageSize} offset ${(page - 1) * pageSize}`;
  const byFullness = sort === "-fullest";
  // Only what the page shows is summed; by fullness, everything has to be.
  const found = db.execute<Record<string, string> & { quota: Amounts; ceiling: Amounts }>(sql`
    with picked as materialized (select ${groups.id} as id from ${groups} where ${where} ${byFullness ? sql`` : sql`order by ${name} ${cut}`})
    select ${groups.name} as "name", ${groups.quota} as "quota", ${groups.ceiling} as "ceiling", used.*, ${fullness} as fullness
    from ${groups} join picked on picked.id = ${groups.id}
    left join (select * from (${heldByGroup}) held full join (${keptByGroup}) kept using (group_id)) used on used.group_id = ${groups.id}
    order by ${byFullness ? sql`fullness desc, ${name} ${cut}` : name}`);
  const [{ rows }, [all]] = await Promise.all([found, db.select({ total: count() }).from(groups).where(where)]);
  return {
    groups: rows.map((row) => ({
      name: row.name ?? "",
      quota: row.quota,
      ceiling: row.ceiling,
      used: usedIn(row),
      fullness: Number(row.fullness),
    })),
    total: all?.total ?? 0,
  };
}

/** The largest used/hard; `least` and `greatest` look past what is null. A quota of nought that is used is as full as can be. */
const fullness = sql`coalesce(greatest(${sql.join(quotaResources.map(shareOf), sql`, `)}), 0)`;

function shareOf(resource: QuotaResource): SQL {
  const bound = sql`least((${groups.quota} ->> ${resource})::float8, (${groups.ceiling} ->> ${resource})::float8)`;
  const used = sql`coalesce(used.${sql.identifier(resource)}, 0)::float8`;
  return sql`case when ${used} = 0 then 0 * ${bound} when ${bound} = 0 then 1e9 else ${used} / ${bound} end`;
}
