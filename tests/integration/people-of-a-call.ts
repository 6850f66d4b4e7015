import { inTransaction } from "#db/client.ts";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { findUserByName, insertUser } from "#db/users.ts";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { hashPassword } from "#server/auth/password.ts";
import { anonymous, openSession } from "#server/auth/session.ts";
import { createToken } from "#server/tokens/create.ts";
import { password } from "#tests/fakes/portal-visitor.ts";
import type { Portal } from "#tests/fakes/whole-portal.ts";
import type { Caller, World } from "./procedure-table.ts";

export type People = World & { readonly headers: Readonly<Record<Caller, Record<string, string>>> };

/** Each call makes the users of one call more, their sessions and a token, without the cost of a login each. */
export async function peopleMaker(portal: Portal): Promise<() => Promise<People>> {
  const passwordHash = await hashPassword(password);
  let count = 0;
  return async () => {
    count += 1;
    return await peopleOf(portal, count, passwordHash);
  };
}

async function peopleOf(portal: Portal, n: number, passwordHash: string): Promise<People> {
  const [owner, other, admin] = [`owner${n}`, `other${n}`, `admin${n}`];
  const page = { origin: portal.url.origin, "sec-fetch-site": "same-origin" };
  const cookieOf = async (name: string, isAdmin = false) => {
    const ctx = portal.hub.contextFor(anonymous, { requestId: "test-people", clientAddress: "192.0.2.1" });
    const opened = await inTransaction(portal.hub.db, async (tx) => {
      const user = await insertUser(tx, { name, admin: isAdmin, passwordHash });
      if (user === undefined) throw new Error(`the test made ${name} twice`);
      return await openSession(tx, { ...ctx, signingKey: portal.hub.signingKey.privateKey }, user, "local");
    });
    return { ...page, cookie: `${sessionCookieName(portal.url)}=${opened.token}` };
  };
  const [manager, outsider] = [`manager${n}`, `outsider${n}`];
  const sessions = {
    owner: await cookieOf(owner),
    other: await cookieOf(other),
    admin: await cookieOf(admin, true),
    manager: await cookieOf(manager),
    outsider: await cookieOf(outsider),
  };
  const [group, foreignGroup] = [`group${n}`, `foreign${n}`];
  await addGroup(portal, group, { [owner]: "member", [manager]: "manager" });
  await addGroup(portal, foreignGroup, { [outsider]: "manager" });
  const made = await createToken(portal.hub.systemContext("test"), {
    user: owner,
    scopes: [`read:servers!user=${owner}`],
  });
  const headers = { anonymous: page, narrow: { authorization: `token ${made.token}` }, ...sessions };
  return { portal, owner, group, foreignGroup, headers };
}

async function addGroup(
  portal: Portal,
  name: string,
  people: Readonly<Record<string, "member" | "manager">>,
): Promise<void> {
  const { db } = portal.hub;
  const [row] = await db.insert(groups).values({ name }).returning();
  if (row === undefined) throw new Error("the database kept no group row");
  for (const [user, role] of Object.entries(people)) {
    const found = await findUserByName(db, user);
    if (found !== undefined) await db.insert(groupMembers).values({ groupId: row.id, userId: found.id, role });
  }
}
