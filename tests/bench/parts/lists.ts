import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { freePort } from "#server/spawner/local/free-port.ts";
import { type Installation, install } from "../installation.ts";
import { atMost, type Row } from "../measure.ts";

const people = 50_000;
const groupCount = 1000;
const runs = 300_000;
const auditRows = 500_000;
const rounds = 15;
const markMs = 50;

/** Every list an admin or a manager opens, in a portal of 50,000 users: the time until the hub has answered, over its socket. */
export async function listsPart(folder: string): Promise<Row[]> {
  const berth = await install(folder, await freePort(), {});
  try {
    await berth.start("hub");
    await fill(berth.database.db);
    const rows: Row[] = [];
    for (const [what, ask] of Object.entries(pages(berth))) rows.push(await timed(what, ask));
    return rows;
  } finally {
    await berth.close();
  }
}

function pages({ api }: Installation): Record<string, () => Promise<unknown>> {
  const group = "group-500";
  return {
    "users, first page": () => api.users.list.query({}),
    "users, page 900": () => api.users.list.query({ page: 900 }),
    "users, a search": () => api.users.list.query({ search: "user-4711" }),
    "users, a search that finds nobody": () => api.users.list.query({ search: "nobody-here" }),
    "users, by last activity": () => api.users.list.query({ sort: "-lastActivity" }),
    "servers, first page": () => api.users.servers.query({}),
    "servers, a search": () => api.users.servers.query({ search: "user-4711" }),
    "groups, first page": () => api.groups.list.query({}),
    "groups, a search": () => api.groups.list.query({ search: "group-77" }),
    "members of a group": () => api.groups.members.query({ group }),
    "quota of a group": () => api.quotas.get.query({ group }),
    "quotas of all groups": () => api.quotas.overview.query({}),
    "homes, first page": () => api.homes.list.query({}),
    "homes, a search": () => api.homes.list.query({ search: "user-4711" }),
    "usage of a group, 30 days": () => api.usage.group.query({ group, days: 30 }),
    "usage of everybody by group, 30 days": () => api.usage.overview.query({ by: "group", days: 30 }),
    "audit, newest": () => api.audit.list.query({}),
    "audit of one actor": () => api.audit.list.query({ actor: "user-4711" }),
    "audit of one kind of action": () => api.audit.list.query({ action: "user." }),
  };
}

async function timed(what: string, ask: () => Promise<unknown>): Promise<Row> {
  await ask();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    await ask();
    times.push(performance.now() - startedMs);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return atMost("lists", `${what}, slowest but one of ${rounds}`, sorted.at(-2) ?? 0, " ms", markMs);
}

async function fill(db: Db): Promise<void> {
  await db.execute(sql`insert into users (name, last_activity_at, created_at)
    select 'user-' || i, now() - i * interval '1 minute', now() - i * interval '1 hour' from generate_series(1, ${people}) i`);
  await db.execute(sql`insert into groups (name, quota)
    select 'group-' || i, '{"servers": 40, "cpuLimitMillicores": 100000}'::jsonb from generate_series(1, ${groupCount}) i`);
  await db.execute(sql`create temp table numbered as select id, row_number() over (order by name) as n from groups`);
  await db.execute(sql`insert into group_members (group_id, user_id, role)
    select g.id, u.id, case when u.n % 50 = 0 then 'manager' else 'member' end
    from (select id, row_number() over (order by name) as n from users) u
    join numbered g on g.n = u.n % ${groupCount} + 1`);
  await db.execute(sql`insert into servers (user_id, name, namespace, object_name, origin_label, group_id, phase, phase_since)
    select u.id, '', 'n', 'jupyter-' || u.name, u.name, m.group_id, case when random() < 0.1 then 'ready' else 'stopped' end, now()
    from users u join group_members m on m.user_id = u.id`);
  await db.execute(sql`insert into reservations
    (server_id, group_id, user_id, generation, cpu_request_millicores, cpu_limit_millicores, memory_request_bytes, memory_limit_bytes, gpus)
    select id, group_id, user_id, 1, 100, 1000, 1, 2000000000, 0 from servers where phase = 'ready'`);
  await db.execute(sql`insert into homes (user_id, server_id, namespace, name, capacity_bytes, group_id, last_used_at)
    select user_id, id, 'n', 'claim-' || origin_label, 10737418240, group_id, now() - random() * interval '90 days' from servers`);
  await db.execute(sql`insert into server_runs
    (server_id, group_id, user_id, generation, profile_slug, cpu_millicores, memory_bytes, wished_at, started_at, finished_at)
    select r.id, r.group_id, r.user_id, r.g, 'profile-' || r.g, 1000, 2000000000, r.at, r.at, r.at + random() * interval '8 hours'
    from (select s.id, s.group_id, s.user_id, g, now() - interval '9 hours' - ((g - 1) * 20 + random() * 20) * interval '1 day' as at
      from servers s cross join generate_series(1, ${Math.ceil(runs / people)}) g) r`);
  await db.execute(sql`insert into audit (at, actor_kind, actor_name, action, target)
    select now() - (${auditRows} - i) * interval '10 seconds', 'user', 'user-' || (i % ${people}),
      (array['server.start', 'server.stop', 'session.open', 'user.create', 'group.add-members'])[i % 5 + 1], 'server:' || i
    from generate_series(1, ${auditRows}) i`);
  await db.execute(sql`analyze`);
}
