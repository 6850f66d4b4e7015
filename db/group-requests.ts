import { and, count, desc, eq, gt } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { groupRequests, groups } from "./schema/groups.ts";
import { users } from "./schema/people.ts";

export type GroupRequest = typeof groupRequests.$inferSelect;
export type Decision = GroupRequest["decision"];
export type RequestWithNames = { readonly request: GroupRequest; readonly group: string; readonly userName: string };

const columns = { request: groupRequests, group: groups.name, userName: users.name };

export async function insertRequest(tx: Tx, values: typeof groupRequests.$inferInsert): Promise<GroupRequest> {
  const [row] = await tx.insert(groupRequests).values(values).returning();
  if (row === undefined) throw new Error("the database kept no request row");
  return row;
}

export async function findWaitingRequest(tx: Tx, groupId: string, userId: string): Promise<GroupRequest | undefined> {
  const [row] = await tx
    .select()
    .from(groupRequests)
    .where(
      and(eq(groupRequests.groupId, groupId), eq(groupRequests.userId, userId), eq(groupRequests.decision, "waiting")),
    );
  return row;
}

export async function countRequestsSince(tx: Tx, userId: string, since: Date): Promise<number> {
  const [row] = await tx
    .select({ n: count() })
    .from(groupRequests)
    .where(and(eq(groupRequests.userId, userId), gt(groupRequests.createdAt, since)));
  return row?.n ?? 0;
}

export async function findRequest(db: Db | Tx, id: string): Promise<RequestWithNames | undefined> {
  const [row] = await db
    .select(columns)
    .from(groupRequests)
    .innerJoin(groups, eq(groups.id, groupRequests.groupId))
    .innerJoin(users, eq(users.id, groupRequests.userId))
    .where(eq(groupRequests.id, id));
  return row;
}

type RequestAnswer = {
  readonly decision: Decision;
  readonly decidedAt: Date;
  readonly decidedBy: string;
  readonly answer: string;
};

/** Only what still waits; `undefined` when somebody else was faster. */
export async function answerRequest(tx: Tx, id: string, answer: RequestAnswer): Promise<GroupRequest | undefined> {
  const [row] = await tx
    .update(groupRequests)
    .set(answer)
    .where(and(eq(groupRequests.id, id), eq(groupRequests.decision, "waiting")))
    .returning();
  return row;
}

export async function listRequests(
  db: Db,
  question: {
    readonly groupId: string;
    readonly decision: Decision | null;
    readonly page: number;
    readonly pageSize: number;
  },
): Promise<{ requests: RequestWithNames[]; total: number }> {
  const where = and(
    eq(groupRequests.groupId, question.groupId),
    question.decision === null ? undefined : eq(groupRequests.decision, question.decision),
  );
  const rows = db
    .select(columns)
    .from(groupRequests)
    .innerJoin(groups, eq(groups.id, groupRequests.groupId))
    .innerJoin(users, eq(users.id, groupRequests.userId))
    .where(where)
    .orderBy(desc(groupRequests.createdAt), desc(groupRequests.id))
    .limit(question.pageSize)
    .offset((question.page - 1) * question.pageSize);
  const [requests, [total]] = await Promise.all([rows, db.select({ n: count() }).from(groupRequests).where(where)]);
  return { requests, total: total?.n ?? 0 };
}

/** A user's last words with each of their groups. */
export async function latestRequestsOf(db: Db, userId: string): Promise<ReadonlyMap<string, GroupRequest>> {
  const rows = await db
    .selectDistinctOn([groupRequests.groupId])
    .from(groupRequests)
    .where(eq(groupRequests.userId, userId))
    .orderBy(groupRequests.groupId, desc(groupRequests.createdAt));
  return new Map(rows.map((row) => [row.groupId, row]));
}
