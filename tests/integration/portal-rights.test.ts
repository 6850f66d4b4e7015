import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { groupMembers, groups } from "#db/schema/groups.ts";
import { findUserByName, insertUser } from "#db/users.ts";
import { sessionCookieName } from "#server/auth/cookies.ts";
import { rightsOf } from "#server/auth/rights.ts";
import { anonymous, openSession } from "#server/auth/session.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";
import { procedures, routerProcedures, type World } from "./procedure-table.ts";

let portal: Portal;
let count = 0;
beforeAll(async () => {
  portal = await startPortal({
    config: {
      hub: { trustedUsers: true },
      singleuser: { profileList: [{ display_name: "Small", slug: "small", default: true }] },
    },
  });
});
afterAll(() => portal.stop());

const mutations = routerProcedures()
  .filter(({ type }) => type === "mutation")
  .map(({ path }) => path);

/** A manager of one group, and another group with a manager of its own; what could be done to either is prepared. */
async function twoGroups() {
  count += 1;
  const n = count;
  const names = { manager: `boss${n}`, owner: `mine${n}`, stranger: `stranger${n}`, strangersBoss: `far${n}` };
  const cookie = await makePeople(names);
  const [group, foreignGroup] = [`near${n}`, `beyond${n}`];
  await addGroup(group, { [names.manager]: "manager", [names.owner]: "member" });
  await addGroup(foreignGroup, { [names.strangersBoss]: "manager", [names.stranger]: "member" });
  const near: World = { portal, owner: names.owner, group, foreignGroup };
  const far: World = { portal, owner: names.stranger, group: foreignGroup, foreignGroup: group };
  return { near, far, cookie, names };
}

async function makePeople(names: { readonly manager: string } & Readonly<Record<string, string>>): Promise<string> {
  const ctx = portal.hub.contextFor(anonymous, { requestId: "test-people", clientAddress: "192.0.2.1" });
  return await inTransaction(portal.hub.db, async (tx) => {
    let token = "";
    for (const name of Object.values(names)) {
      const user = await insertUser(tx, { name, admin: false, passwordHash: null });
      if (user === undefined) throw new Error(`the test made ${name} twice`);
      if (name !== names.manager) continue;
      token = (await openSession(tx, { ...ctx, signingKey: portal.hub.signingKey.privateKey }, user, "local")).token;
    }
    return `${sessionCookieName(portal.url)}=${token}`;
  });
}

async function addGroup(name: string, people: Readonly<Record<string, "member" | "manager">>): Promise<void> {
  const [row] = await portal.hub.db.insert(groups).values({ name }).returning();
  for (const [user, role] of Object.entries(people)) {
    const found = await findUserByName(portal.hub.db, user);
    await portal.hub.db.insert(groupMembers).values({ groupId: row?.id ?? "", userId: found?.id ?? "", role });
  }
}

async function rights(name: string): Promise<ReadonlySet<string>> {
  const user = await findUserByName(portal.hub.db, name);
  if (user === undefined) throw new Error(`${name} is gone`);
  return await rightsOf(portal.hub.db, {}, user);
}

/** Everything on record about a group and the people in it. */
async function recordsOf({ group, owner }: World, boss: string): Promise<unknown> {
  const of = sql`(select id from groups where name = ${group})`;
  const people = sql`(select id from users where name in (${owner}, ${boss}))`;
  const { rows } = await portal.hub.db.execute(sql`select
    (select to_jsonb(g) from groups g where g.id = ${of}) as "group",
    (select jsonb_agg(to_jsonb(m) order by m.user_id) from group_members m where m.group_id = ${of}) as members,
    (select jsonb_agg(to_jsonb(r) order by r.id) from group_requests r where r.group_id = ${of}) as requests,
    (select jsonb_agg(to_jsonb(u) - 'last_activity_at' order by u.id) from users u where u.id in ${people}) as users,
    (select jsonb_agg(jsonb_build_array(s.id, s.desired, s.generation, s.group_id) order by s.id) from servers s where s.user_id in ${people}) as servers,
    (select jsonb_agg(to_jsonb(h) - 'last_used_at' order by h.id) from homes h where h.user_id in ${people}) as homes,
    (select jsonb_agg(to_jsonb(t) - 'last_used_at' order by t.id) from tokens t where t.user_id in ${people}) as tokens,
    (select jsonb_agg(to_jsonb(x) order by x.id) from sessions x where x.user_id in ${people}) as sessions`);
  return rows[0];
}

const step = fc.record({
  path: fc.constantFrom(...mutations),
  where: fc.constantFrom("near" as const, "far" as const),
});

test("S-31: whatever a group's manager calls, in whatever order, their rights don't grow and no other group is touched", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      const { near, far, cookie, names } = await twoGroups();
      const prepared: { path: string; input: unknown }[] = [];
      for (const { path, where } of steps) {
        const world = where === "near" ? near : far;
        // Two preparations may contradict each other (a server stopped that another wants running): the later call finds what it finds.
        const input = await Promise.resolve(procedures[path]?.prepare(world)).catch(() => undefined);
        prepared.push({ path, input });
      }
      const before = { rights: await rights(names.manager), far: await recordsOf(far, names.strangersBoss) };
      const headers = { cookie, origin: portal.url.origin, "sec-fetch-site": "same-origin" };
      for (const { path, input } of prepared) await portal.mutateWith(headers, path, input);
      const after = await rights(names.manager);
      expect([...after].filter((scope) => !before.rights.has(scope))).toEqual([]);
      expect(await recordsOf(far, names.strangersBoss)).toEqual(before.far);
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
