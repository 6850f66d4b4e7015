import { and, asc, count, desc, eq, exists, inArray, like, not, notInArray, type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "./client.ts";
import { serversWithin, usersWithin, type Within } from "./memberships.ts";
import { users } from "./schema/people.ts";
import { servers } from "./schema/servers.ts";
import type { ServerRow } from "./servers.ts";
import type { User } from "./users.ts";

export type UserPageQuestion = {
  readonly reach: Within;
  /** `active`: something of theirs runs, starts or stops. `ready`: something runs. `inactive`: nothing does. */
  readonly state: "active" | "ready" | "inactive" | null;
  readonly nameFilter: string;
  readonly sort: "id" | "name" | "last_activity";
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
};

/** Users by what they run, as JupyterHub's clients page through them. Accounts have no number: their id sorts by when they were made. */
export async function pageOfUsers(db: Db, question: UserPageQuestion): Promise<{ users: User[]; total: number }> {
  const { nameFilter, offset, limit } = question;
  const pattern = `%${nameFilter.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const where = and(
    usersWithin(question.reach, users.id),
    nameFilter === "" ? undefined : like(users.name, pattern),
    runsSomething(db, question.state),
  );
  const rows = db
    .select()
    .from(users)
    .where(where)
    .orderBy(...orderOf(question))
    .limit(limit)
    .offset(offset);
  const [found, [total]] = await Promise.all([rows, db.select({ n: count() }).from(users).where(where)]);
  return { users: found, total: total?.n ?? 0 };
}

function runsSomething(db: Db, state: UserPageQuestion["state"]): SQL | undefined {
  if (state === null) return undefined;
  const which = state === "ready" ? eq(servers.phase, "ready") : notInArray(servers.phase, ["stopped", "failed"]);
  const found = exists(
    db
      .select({ one: sql`1` })
      .from(servers)
      .where(and(eq(servers.userId, users.id), which)),
  );
  return state === "inactive" ? not(found) : found;
}

function orderOf({ sort, descending }: UserPageQuestion): SQL[] {
  const column = { id: users.createdAt, name: users.name, last_activity: users.lastActivityAt }[sort];
  const first = descending ? sql`${column} desc nulls last` : sql`${column} asc nulls last`;
  return [first, descending ? desc(users.name) : asc(users.name)];
}

/** Of these users' servers those in reach, stopped ones too. */
export async function serversOfUsers(db: Db | Tx, userIds: readonly string[], reach: Within): Promise<ServerRow[]> {
  if (userIds.length === 0) return [];
  return await db
    .select()
    .from(servers)
    .where(and(inArray(servers.userId, [...userIds]), serversWithin(reach)))
    .orderBy(asc(servers.name));
}
