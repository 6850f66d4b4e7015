import type { Db } from "#db/client.ts";
import { inTransaction } from "#db/client.ts";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { reservations } from "#db/schema/servers.ts";
import type { Amounts, MemberLimits } from "#db/schema/settings.ts";
import { findUserByName, insertUser } from "#db/users.ts";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { anonymous, openSession } from "#server/auth/session.ts";
import type { Portal } from "./whole-portal.ts";

type Rules = { readonly quota?: Amounts; readonly ceiling?: Amounts; readonly memberLimits?: MemberLimits };

/** A group put straight into the database, with people who are there already. Its id. */
export async function putGroup(
  db: Db,
  name: string,
  people: Readonly<Record<string, "member" | "manager">>,
  rules: Rules = {},
): Promise<string> {
  const [row] = await db
    .insert(groups)
    .values({ name, ...rules })
    .returning();
  if (row === undefined) throw new Error("the database kept no group row");
  for (const [user, role] of Object.entries(people)) {
    const found = await findUserByName(db, user);
    if (found === undefined) throw new Error(`there is no user ${user}`);
    await db.insert(groupMembers).values({ groupId: row.id, userId: found.id, role });
  }
  return row.id;
}

/** A user without a password, and the headers of their page; without the cost of a login. */
export async function putPerson(portal: Portal, name: string, admin = false): Promise<Record<string, string>> {
  const ctx = portal.hub.contextFor(anonymous, { requestId: "test-people", clientAddress: "192.0.2.1" });
  const opened = await inTransaction(portal.hub.db, async (tx) => {
    const user = await insertUser(tx, { name, admin, passwordHash: null });
    if (user === undefined) throw new Error(`the test made ${name} twice`);
    return await openSession(tx, { ...ctx, signingKey: portal.hub.signingKey.privateKey }, user, "local");
  });
  const cookie = `${sessionCookieName(portal.url)}=${opened.token}`;
  return { origin: portal.url.origin, "sec-fetch-site": "same-origin", cookie };
}

export async function reservationsOf(db: Db) {
  return await db.select().from(reservations);
}
