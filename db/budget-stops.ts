import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groups } from "./schema/groups.ts";
import { users } from "./schema/people.ts";
import { reservations, servers } from "./schema/servers.ts";
import type { Budget, LastStop } from "./schema/settings.ts";

/** A server that runs for a group with a budget that stops, or that is announced to be stopped for one. */
export type BudgetCandidate = {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string;
  readonly userId: string;
  readonly groupId: string;
  readonly groupName: string;
  readonly budget: Budget | null;
  readonly gpus: number;
  readonly generation: number;
  readonly stopAt: Date | null;
  readonly stopWhy: string | null;
};

export async function budgetCandidates(db: Db): Promise<BudgetCandidate[]> {
  return await db
    .select({
      id: servers.id,
      name: servers.name,
      ownerName: users.name,
      userId: servers.userId,
      groupId: groups.id,
      groupName: groups.name,
      budget: groups.budget,
      gpus: reservations.gpus,
      generation: servers.generation,
      stopAt: servers.stopAt,
      stopWhy: servers.stopWhy,
    })
    .from(servers)
    .innerJoin(groups, eq(groups.id, servers.groupId))
    .innerJoin(users, eq(users.id, servers.userId))
    .innerJoin(reservations, eq(reservations.serverId, servers.id))
    .where(
      and(
        eq(servers.phase, "ready"),
        eq(servers.desired, "running"),
        isNull(groups.deletedAt),
        sql`(${groups.budget} ->> 'whenSpent' = 'stop' or ${servers.stopWhy} = 'budget')`,
      ),
    );
}

type Premise = Pick<BudgetCandidate, "id" | "generation" | "stopWhy" | "stopAt">;

/** Whatever was decided on and is no longer so refuses what was decided. */
const holds = ({ id, generation, stopWhy, stopAt }: Premise) =>
  and(
    eq(servers.id, id),
    eq(servers.generation, generation),
    eq(servers.phase, "ready"),
    eq(servers.desired, "running"),
    stopAt === null ? isNull(servers.stopAt) : and(isNotNull(servers.stopAt), eq(servers.stopAt, stopAt)),
    stopWhy === null ? isNull(servers.stopWhy) : eq(servers.stopWhy, stopWhy),
  );

export async function announceBudgetStop(tx: Tx, premise: Premise, at: Date | null): Promise<boolean> {
  const rows = await tx
    .update(servers)
    .set({ stopAt: at, stopWhy: at === null ? null : "budget" })
    .where(holds(premise))
    .returning({ id: servers.id });
  return rows.length === 1;
}

export async function wishBudgetStop(tx: Tx, premise: Premise, last: LastStop): Promise<boolean> {
  const change = {
    desired: "stopped",
    wishedBy: last.by,
    wishedAt: new Date(last.at),
    stopAt: null,
    stopWhy: null,
  } as const;
  const rows = await tx
    .update(servers)
    .set({ ...change, lastStop: last })
    .where(holds(premise))
    .returning({ id: servers.id });
  return rows.length === 1;
}
