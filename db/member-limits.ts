import { and, eq, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groupMembers } from "./schema/groups.ts";
import { users } from "./schema/people.ts";
import type { MemberLimits } from "./schema/settings.ts";

export async function findMemberLimits(
  db: Db | Tx,
  groupId: string,
  userName: string,
): Promise<{ readonly userId: string; readonly limits: MemberLimits } | undefined> {
  const [row] = await db
    .select({ userId: users.id, limits: groupMembers.limits })
    .from(groupMembers)
    .innerJoin(users, eq(users.id, groupMembers.userId))
    .where(and(eq(groupMembers.groupId, groupId), eq(users.name, userName)));
  return row;
}

/** The caller holds the group's row lock: starts read the limits under it. */
export async function setMemberLimitsOf(
  tx: Tx,
  { groupId, userId }: { readonly groupId: string; readonly userId: string },
  limits: MemberLimits,
): Promise<void> {
  await tx
    .update(groupMembers)
    .set({ limits })
    .where(and(eq(groupMembers.groupId, groupId), eq(groupMembers.userId, userId)));
}

/** What a member has of a group: how many servers, the largest of them, the largest home. */
export type HeldByMember = {
  readonly user: string;
  readonly limits: MemberLimits;
  readonly servers: number;
  readonly cpuLimitMillicores: number;
  readonly memoryLimitBytes: number;
  readonly gpus: number;
  readonly homeBytes: number;
};

/** Members who have anything; one of them when named. */
export async function heldByMembers(db: Db | Tx, groupId: string, userId: string | null): Promise<HeldByMember[]> {
  const { rows } = await db.execute<Record<string, string> & { user: string; limits: MemberLimits }>(sql`
    select u.name as "user", m.limits, coalesce(r.servers, 0) as servers, coalesce(r.cpu, 0) as cpu,
      coalesce(r.memory, 0) as memory, coalesce(r.gpus, 0) as gpus, coalesce(h.bytes, 0) as bytes
    from group_members m join users u on u.id = m.user_id
    left join (select user_id, count(*) as servers, max(cpu_limit_millicores) as cpu, max(memory_limit_bytes) as memory,
        max(gpus) as gpus from reservations where group_id = ${groupId} group by user_id) r on r.user_id = m.user_id
    left join (select user_id, max(capacity_bytes) as bytes from homes
        where group_id = ${groupId} and removed_at is null group by user_id) h on h.user_id = m.user_id
    where m.group_id = ${groupId} and (${userId}::uuid is null or m.user_id = ${userId}::uuid)
      and (r.servers is not null or h.bytes is not null)
    order by u.name`);
  return rows.map((row) => ({
    user: row.user,
    limits: row.limits,
    servers: Number(row.servers),
    cpuLimitMillicores: Number(row.cpu),
    memoryLimitBytes: Number(row.memory),
    gpus: Number(row.gpus),
    homeBytes: Number(row.bytes),
  }));
}
