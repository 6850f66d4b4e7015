import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { createAdminLink, signInByAdminLink } from "#server/auth/admin-link.ts";
import { createProviders } from "#server/auth/providers.ts";
import { actorOfSession } from "#server/auth/session.ts";
import { signIn } from "#server/auth/sign-in.ts";
import { endSession } from "#server/auth/sign-out.ts";
import { createToken } from "#server/tokens/create.ts";
import { revokeToken } from "#server/tokens/revoke.ts";
import { changePassword } from "#server/users/change-password.ts";
import { createUser } from "#server/users/create.ts";
import { setAdmin } from "#server/users/set-admin.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import {
  asUser,
  auditOf,
  makeUser,
  openTestSession,
  type TestContext,
  testContext,
  testKeys,
} from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db, { auth: { dummy: { enabled: true } } });
  return () => database.drop();
});

/** Every table but the counters of login attempts: a guess that went wrong on the way stays counted. */
async function everything(): Promise<string> {
  const names = [
    "users",
    "sessions",
    "tokens",
    "codes",
    "audit",
    "stream_changes",
    "stream_revision",
    "identities",
    "groups",
  ];
  const rows = await Promise.all(
    names.map((name) => ctx.db.execute(sql`select * from ${sql.identifier(name)} order by 1, 2`)),
  );
  return JSON.stringify(rows.map((result) => result.rows));
}

type Prepared = { readonly act: () => Promise<unknown>; readonly actions: readonly string[] };

const verbs: Record<string, () => Promise<Prepared>> = {
  createUser: async () => ({ act: () => createUser(ctx, { name: "ana" }), actions: ["user.create"] }),
  setAdmin: async () => {
    await makeUser(ctx, "ana");
    return { act: () => setAdmin(ctx, { name: "ana", admin: true }), actions: ["user.make-admin"] };
  },
  setDisabled: async () => {
    await openTestSession(ctx, await makeUser(ctx, "ana"));
    return { act: () => setDisabled(ctx, { name: "ana", disabled: true }), actions: ["user.disable"] };
  },
  changePassword: async () => {
    const token = await openTestSession(ctx, await makeUser(ctx, "ana", { password: "correct horse" }));
    const actor = await actorOfSession(ctx.db, [testKeys.publicKey], token, ctx.clock.now());
    const input = { current: "correct horse", next: "battery staple" };
    return { act: () => changePassword({ ...ctx, actor }, input), actions: ["user.change-password"] };
  },
  createToken: async () => {
    const ana = asUser(ctx, await makeUser(ctx, "ana"));
    return { act: () => createToken(ana, {}), actions: ["token.create"] };
  },
  revokeToken: async () => {
    const { row } = await createToken(asUser(ctx, await makeUser(ctx, "ana")), {});
    return { act: () => revokeToken(ctx, { id: row.id }), actions: ["token.revoke"] };
  },
  createAdminLink: async () => ({ act: () => createAdminLink(ctx), actions: ["admin-link.create"] }),
  signInByAdminLink: async () => {
    const { code } = await createAdminLink(ctx);
    const act = () => signInByAdminLink(ctx, { method: "admin-link", code, client: "192.0.2.1" });
    return { act, actions: ["user.create", "session.open"] };
  },
  "signIn, local": async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    const question = { method: "local", username: "ana", password: "correct horse", client: "192.0.2.1" };
    return { act: () => signIn(ctx, createProviders(ctx.config, ctx.clock), question), actions: ["session.open"] };
  },
  "signIn, dummy": async () => {
    const question = { method: "dummy", username: "ana", password: "", client: "192.0.2.1" };
    const act = () => signIn(ctx, createProviders(ctx.config, ctx.clock), question);
    return { act, actions: ["user.create", "session.open"] };
  },
  endSession: async () => {
    const token = await openTestSession(ctx, await makeUser(ctx, "ana"));
    return { act: () => endSession(ctx, [testKeys.publicKey], token), actions: ["session.end"] };
  },
};

describe.each(Object.entries(verbs))("S-93: %s", (_name, prepare) => {
  test("leaves one row for each thing it did", async () => {
    const { act, actions } = await prepare();
    const before = (await auditOf(ctx.db)).length;
    await act();
    const rows = (await auditOf(ctx.db)).slice(before);
    expect(rows.map((row) => row.action)).toEqual(actions);
    for (const row of rows) expect(row).toMatchObject({ requestId: "test-request", clientAddress: "192.0.2.1" });
  });

  test("doesn't happen when it can't be put on record", async () => {
    const { act } = await prepare();
    await ctx.db.execute(
      sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'audit is full'; end $$`,
    );
    await ctx.db.execute(sql`create trigger refuse before insert on audit for each row execute function refuse()`);
    const before = await everything();
    await expect(act()).rejects.toThrow();
    expect(await everything()).toBe(before);
    expect(ctx.stopped).toEqual([]);
  });
});

test.each([
  sql`update audit set actor_name = 'somebody else'`,
  sql`delete from audit`,
  sql`truncate audit`,
  sql`insert into audit (id, actor_kind, actor_name, action, target) overriding system value
    select id, actor_kind, 'somebody else', action, target from audit on conflict (id) do update set actor_name = excluded.actor_name`,
])("S-93: what is on record can't be changed or taken away, not even by the application (%#)", async (statement) => {
  await makeUser(ctx, "ana");
  await createUser(ctx, { name: "ben" });
  const before = await auditOf(ctx.db);
  expect(before.length).toBeGreaterThan(0);
  await expect(ctx.db.execute(statement)).rejects.toMatchObject({
    cause: { message: "the audit table is only added to" },
  });
  expect(await auditOf(ctx.db)).toEqual(before);
});
