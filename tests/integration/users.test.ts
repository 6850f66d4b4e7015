import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { setManagedGroupsOf } from "#db/managed-groups.ts";
import { groups } from "#db/schema/groups.ts";
import { users } from "#db/schema/people.ts";
import { allotUid, groupNamesOf } from "#db/users.ts";
import { verifyPassword } from "#server/auth/password.ts";
import { anonymous } from "#server/auth/session.ts";
import { changePassword } from "#server/users/change-password.ts";
import { createUser } from "#server/users/create.ts";
import { getUser } from "#server/users/get.ts";
import { listUsers } from "#server/users/list.ts";
import { setAdmin } from "#server/users/set-admin.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { asUser, auditOf, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  return () => database.drop();
});

describe("making a user", () => {
  test("makes up a password, returns it once and stores it as argon2id", async () => {
    const { user, password } = await createUser(ctx, { name: " Ana " });
    expect(user).toMatchObject({ name: "ana", admin: false, disabledAt: null, runningServers: 0, groups: [] });
    const [row] = await ctx.db.select().from(users).where(eq(users.id, user.id));
    expect(await verifyPassword(row?.passwordHash ?? null, password ?? "")).toBe(true);
    expect(JSON.stringify(await auditOf(ctx.db))).not.toContain(password);
  });

  test("a given password isn't sent back", async () => {
    expect((await createUser(ctx, { name: "ana", password: "correct horse" })).password).toBeNull();
  });

  test.each([{ name: ".." }, { name: "a\u0000b" }, { name: "a\u202eb" }, { name: "ana", password: "short" }])(
    "%j is refused with a sentence",
    async (input) => {
      await expect(createUser(ctx, input)).rejects.toMatchObject({ code: "invalid" });
    },
  );

  test("S-21: another spelling of a name is the same name", async () => {
    await createUser(ctx, { name: "admin" });
    for (const name of ["Admin", "admin ", "ａdmin", "ADMIN"]) {
      await expect(createUser(ctx, { name })).rejects.toMatchObject({ code: "conflict" });
    }
    expect((await createUser(ctx, { name: "аdmin" })).user.name).not.toBe("admin");
  });
});

describe("who may", () => {
  test("a user sees themselves, and nobody else learns who exists", async () => {
    const ana = asUser(ctx, await makeUser(ctx, "ana"));
    await makeUser(ctx, "bob");
    expect((await getUser(ana, { name: "ana" })).name).toBe("ana");
    for (const name of ["bob", "nobody"])
      await expect(getUser(ana, { name })).rejects.toMatchObject({ code: "forbidden" });
    const verbs = [
      listUsers(ana, {}),
      createUser(ana, { name: "eve" }),
      setAdmin(ana, { name: "ana", admin: true }),
      setDisabled(ana, { name: "bob", disabled: true }),
    ];
    for (const verb of verbs) await expect(verb).rejects.toMatchObject({ code: "forbidden" });
    await expect(listUsers({ ...ctx, actor: anonymous }, {})).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("an admin can't shut themselves out", async () => {
    const root = asUser(ctx, await makeUser(ctx, "root", { admin: true }));
    await expect(setAdmin(root, { name: "root", admin: false })).rejects.toMatchObject({ code: "conflict" });
    await expect(setDisabled(root, { name: "root", disabled: true })).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("changing a password", () => {
  test("needs the current one, and guessing it is throttled", async () => {
    const ana = asUser(ctx, await makeUser(ctx, "ana", { password: "correct horse" }));
    for (let at = 0; at < 10; at++) {
      await expect(changePassword(ana, { current: "wrong", next: "battery staple" })).rejects.toMatchObject({
        code: "invalid",
      });
    }
    await expect(changePassword(ana, { current: "correct horse", next: "battery staple" })).rejects.toMatchObject({
      code: "rate-limited",
    });
    ctx.clock.advance(60);
    await changePassword(ana, { current: "correct horse", next: "battery staple" });
    const [row] = await ctx.db.select().from(users);
    expect(await verifyPassword(row?.passwordHash ?? null, "battery staple")).toBe(true);
  });

  test("who comes through a provider has none to change", async () => {
    const ana = asUser(ctx, await makeUser(ctx, "ana"));
    await expect(changePassword(ana, { current: "", next: "battery staple" })).rejects.toMatchObject({
      code: "conflict",
    });
  });
});

describe("the list", () => {
  test("is searched, sorted and cut by the database, with exact totals", async () => {
    for (const name of ["ana", "anatol", "bob", "joanna", "100%", "under_score"]) await makeUser(ctx, name);
    const names = async (input: object) => {
      const page = await listUsers(ctx, input);
      return { names: page.items.map((user) => user.name), total: page.total };
    };
    expect(await names({ search: " ANA" })).toEqual({ names: ["ana", "anatol"], total: 2 });
    expect(await names({ search: "an", sort: "-name" })).toEqual({ names: ["joanna", "anatol", "ana"], total: 3 });
    expect(await names({ search: "an", page: 2, pageSize: 2 })).toEqual({ names: ["joanna"], total: 3 });
    expect(await names({ search: "%" })).toEqual({ names: ["100%"], total: 1 });
    expect(await names({ search: "r_s" })).toEqual({ names: ["under_score"], total: 1 });
    expect(await names({ search: "\\" })).toEqual({ names: [], total: 0 });
    expect((await names({})).total).toBe(6);
  });

  test("puts who was never active last, both ways", async () => {
    for (const name of ["never", "early", "late"]) await makeUser(ctx, name);
    const seen = (name: string, at: string) =>
      ctx.db
        .update(users)
        .set({ lastActivityAt: new Date(at) })
        .where(eq(users.name, name));
    await seen("early", "2027-01-01T00:00:00Z");
    await seen("late", "2027-02-01T00:00:00Z");
    const order = async (sort: string) => (await listUsers(ctx, { sort })).items.map((user) => user.name);
    expect(await order("lastActivity")).toEqual(["early", "late", "never"]);
    expect(await order("-lastActivity")).toEqual(["late", "early", "never"]);
  });

  test("shows each user's groups", async () => {
    const ana = await makeUser(ctx, "ana");
    await makeUser(ctx, "bob");
    await inTransaction(ctx.db, (tx) => setManagedGroupsOf(tx, ana.id, ["physics", "maths"]));
    expect((await listUsers(ctx, {})).items.map((user) => user.groups)).toEqual([["maths", "physics"], []]);
  });

  test("of 50,000 is a page read by index, and a search of them has an exact total", async () => {
    await ctx.db.execute(sql`insert into users (name, created_at, last_activity_at)
      select 'student-' || lpad(n::text, 6, '0') || '@uni.example', now() - n * interval '1 minute', now() - (n * 7919 % 50000) * interval '1 second'
      from generate_series(1, 50000) n`);
    await ctx.db.execute(sql`analyze users`);
    const first = await ctx.db.execute<{ "QUERY PLAN": string }>(
      sql`explain select * from users order by name asc limit 50 offset 0`,
    );
    expect(JSON.stringify(first.rows)).toContain("Index Scan");
    const page = await listUsers(ctx, { search: "49", sort: "-lastActivity", page: 3, pageSize: 50 });
    expect(page.items).toHaveLength(50);
    expect(page.total).toBeGreaterThan(2000);
  });
});

describe("groups from a provider", () => {
  test("replace the ones it gave before, and leave groups made here alone", async () => {
    const ana = await makeUser(ctx, "ana");
    await ctx.db.insert(groups).values({ name: "lab", managed: false });
    const set = (names: string[]) => inTransaction(ctx.db, (tx) => setManagedGroupsOf(tx, ana.id, names));
    await set(["physics", "maths", "lab"]);
    expect((await groupNamesOf(ctx.db, [ana.id])).get(ana.id)).toEqual(["maths", "physics"]);
    await set(["physics"]);
    expect((await groupNamesOf(ctx.db, [ana.id])).get(ana.id)).toEqual(["physics"]);
    await set([]);
    expect((await groupNamesOf(ctx.db, [ana.id])).get(ana.id)).toBeUndefined();
  });
});

test("a system uid is given once, to one user, and never again, not even after they are gone", async () => {
  const people = await Promise.all(["ana", "bob", "eve"].map((name) => makeUser(ctx, name)));
  const allot = (id: string) => inTransaction(ctx.db, (tx) => allotUid(tx, id));
  const uids = await Promise.all(people.map((user) => allot(user.id)));
  expect([...uids].sort()).toEqual([70_000, 70_001, 70_002]);
  expect(await Promise.all(people.map((user) => allot(user.id)))).toEqual(uids);
  await ctx.db.delete(users);
  expect(await allot((await makeUser(ctx, "late")).id)).toBe(70_003);
});
