import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import { inTransaction } from "#db/client.ts";
import { tokens } from "#db/schema/people.ts";
import { servers } from "#db/schema/servers.ts";
import type { User } from "#db/users.ts";
import type { Actor } from "#server/auth/actor.ts";
import { hasScope, type Scope } from "#server/auth/scopes.ts";
import { addMembers } from "#server/groups/add-members.ts";
import { createGroup } from "#server/groups/create.ts";
import { removeMembers } from "#server/groups/remove-members.ts";
import { renameGroup } from "#server/groups/rename.ts";
import { createToken } from "#server/tokens/create.ts";
import { listTokens } from "#server/tokens/list.ts";
import { revokeToken } from "#server/tokens/revoke.ts";
import { actorOfToken, answerToken } from "#server/tokens/verify.ts";
import { applyAdmin } from "#server/users/apply-admin.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import { asUser, auditOf, makeUser, type TestContext, testContext } from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
let ana: User;
beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  ana = await makeUser(ctx, "ana");
  return () => database.drop();
});

const actorOf = (token: string) => actorOfToken(ctx.db, token, ctx.clock.now());
const answer = (token: string) => answerToken(ctx.db, { token }, ctx.clock.now());

async function makeServer(user: User, name: string): Promise<string> {
  const values = { userId: user.id, name, namespace: "n", objectName: randomUUID(), originLabel: user.name };
  const [row] = await ctx.db.insert(servers).values(values).returning();
  return row?.id ?? "";
}

describe("S-20: an API token", () => {
  test("is shown once and stored hashed", async () => {
    const { token, row } = await createToken(asUser(ctx, ana), { note: "script" });
    expect(row.prefix).toBe(token.slice(0, 10));
    const kept = await ctx.db.execute(sql`select * from tokens`);
    expect(JSON.stringify([kept.rows, await auditOf(ctx.db), await listTokens(asUser(ctx, ana))])).not.toContain(
      token.slice(10, 30),
    );
    expect(await actorOf(token)).toMatchObject({
      kind: "token",
      userId: ana.id,
      name: "ana",
      tokenId: row.id,
      serverId: null,
    });
  });

  test("ends when it was to end", async () => {
    const { token } = await createToken(asUser(ctx, ana), { expiresInSeconds: 3600 });
    ctx.clock.advance(3599);
    expect((await actorOf(token)).kind).toBe("token");
    ctx.clock.advance(1);
    expect((await actorOf(token)).kind).toBe("anonymous");
    expect(await listTokens(asUser(ctx, ana))).toEqual([]);
  });

  test("its last use is written down, at most once in five minutes", async () => {
    const { token } = await createToken(asUser(ctx, ana), {});
    const lastUsed = async () => (await ctx.db.select().from(tokens))[0]?.lastUsedAt?.getTime();
    await actorOf(token);
    const first = ctx.clock.now().getTime();
    expect(await lastUsed()).toBe(first);
    ctx.clock.advance(299);
    await actorOf(token);
    expect(await lastUsed()).toBe(first);
    ctx.clock.advance(2);
    await actorOf(token);
    expect(await lastUsed()).toBe(first + 301_000);
  });

  test("never has a scope its maker or its owner lacks, and says which", async () => {
    for (const scope of ["admin-ui", "servers!user=bob", "access:servers!server=bob/", "shutdown"]) {
      await expect(createToken(asUser(ctx, ana), { scopes: [scope] })).rejects.toMatchObject({ code: "forbidden" });
    }
    await expect(createToken(asUser(ctx, ana), { scopes: ["nonsense"] })).rejects.toThrow("isn't a scope");
    const root = asUser(ctx, await makeUser(ctx, "root", { admin: true }));
    const forAna = await createToken(root, { user: "ana" });
    const actor = await actorOf(forAna.token);
    expect(hasScope(actor.scopes, "admin:users", "everything")).toBe(false);
    expect(hasScope(actor.scopes, "access:servers", { user: "ana" })).toBe(false);
  });

  test("`self` means what a plain user may do with what is theirs", async () => {
    const root = asUser(ctx, await makeUser(ctx, "root", { admin: true }));
    const actor = await actorOf((await createToken(root, { scopes: ["self"] })).token);
    expect(hasScope(actor.scopes, "servers", { user: "root" })).toBe(true);
    expect(hasScope(actor.scopes, "servers", { user: "ana" })).toBe(false);
  });

  test("with `self`, or made by the command line, reads the groups its owner is in at the time, whatever they are called by then", async () => {
    await createGroup(ctx, { name: "maths" });
    await addMembers(ctx, { group: "maths", users: ["ana"] });
    await createGroup(ctx, { name: "physics" });
    const tokens = [
      (await createToken(asUser(ctx, ana), { scopes: ["self"] })).token,
      (await createToken(ctx, { user: "ana" })).token,
    ];
    const readable = async (token: string, group: string) =>
      hasScope((await actorOf(token)).scopes, "read:groups", { group });
    await renameGroup(ctx, { group: "maths", name: "algebra" });
    for (const token of tokens) {
      expect(await readable(token, "algebra")).toBe(true);
      expect(await readable(token, "maths")).toBe(false);
      expect(await readable(token, "physics")).toBe(false);
    }
    await removeMembers(ctx, { group: "algebra", users: ["ana"] });
    for (const token of tokens) expect(await readable(token, "algebra")).toBe(false);
  });

  test("S-30: a token without it doesn't make one that reads groups", async () => {
    await createGroup(ctx, { name: "maths" });
    await addMembers(ctx, { group: "maths", users: ["ana"] });
    const first = await createToken(asUser(ctx, ana), { scopes: ["tokens", "servers"] });
    const actor = await actorOf(first.token);
    const second = await createToken({ ...ctx, actor }, { scopes: ["self"] });
    const scopes: readonly Scope[] = [...(await actorOf(second.token)).scopes];
    expect(scopes.filter((scope) => scope.startsWith("read:groups"))).toEqual([]);
    expect(scopes).toContain("servers!user=ana");
  });

  test("made with a token, has neither more scopes nor a longer life than that one", async () => {
    const first = await createToken(asUser(ctx, ana), { expiresInSeconds: 3600, scopes: ["tokens", "read:servers"] });
    const actor = await actorOf(first.token);
    for (const expiresInSeconds of [null, 7200]) {
      const second = await createToken({ ...ctx, actor }, { expiresInSeconds });
      expect(second.row.expiresAt).toEqual(first.row.expiresAt);
    }
    expect((await createToken({ ...ctx, actor }, { expiresInSeconds: 60 })).row.expiresAt).not.toEqual(
      first.row.expiresAt,
    );
    await expect(createToken({ ...ctx, actor }, { scopes: ["start:servers"] })).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  test("loses at once what its owner loses, without being made anew", async () => {
    const admin = await makeUser(ctx, "root", { admin: true });
    const { token } = await createToken(asUser(ctx, admin), { scopes: ["admin:users"] });
    expect(hasScope((await actorOf(token)).scopes, "admin:users", "everything")).toBe(true);
    await ctx.db.execute(sql`update users set admin = false where name = 'root'`);
    expect(hasScope((await actorOf(token)).scopes, "admin:users", "everything")).toBe(false);
  });

  test("a role that was dropped and given back doesn't bring the old tokens back", async () => {
    const admin = await makeUser(ctx, "root", { admin: true });
    const { token } = await createToken(asUser(ctx, admin), {});
    const set = (to: boolean) => inTransaction(ctx.db, (tx) => applyAdmin(tx, ctx, { ...admin, admin: !to }, to));
    await set(false);
    await set(true);
    expect((await actorOf(token)).kind).toBe("anonymous");
  });
});

describe("S-33: tokens of others", () => {
  test("are neither listed nor made nor revoked, and an id tells nothing", async () => {
    const bob = asUser(ctx, await makeUser(ctx, "bob"));
    const { row, token } = await createToken(asUser(ctx, ana), {});
    await expect(listTokens(bob, { user: "ana" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(createToken(bob, { user: "ana" })).rejects.toMatchObject({ code: "forbidden" });
    const refusals = await Promise.all(
      [row.id, randomUUID()].map((id) => revokeToken(bob, { id }).catch((error: unknown) => error)),
    );
    expect(refusals[0]).toMatchObject({ code: "not-found" });
    expect(refusals[1]).toEqual(refusals[0]);
    expect((await actorOf(token)).kind).toBe("token");
  });
});

describe("what a token opens at the edge", () => {
  test("all of its owner's servers, one of them, or none", async () => {
    const [first, lab] = [await makeServer(ana, ""), await makeServer(ana, "lab")];
    const accessWith = async (scopes: string[] | null) => {
      const { token } = await createToken(asUser(ctx, ana), { scopes });
      const got = await answer(token);
      return got.kind === "user" ? got.access : got.kind;
    };
    expect(await accessWith(null)).toBe("own");
    expect(await accessWith(["access:servers"])).toBe("own");
    expect(await accessWith(["access:servers!server=ana/lab"])).toEqual([lab]);
    expect(await accessWith(["access:servers!server=ana/"])).toEqual([first]);
    expect(await accessWith(["access:servers!server=ana/gone"])).toBe("none");
    expect(await accessWith(["read:servers"])).toBe("none");
  });

  test("made on the command line it opens them like one its owner made", async () => {
    const { token } = await createToken(ctx, { user: "ana" });
    expect(await answer(token)).toMatchObject({ kind: "user", access: "own" });
  });

  test("what isn't a token is unknown, without a question to the database", async () => {
    const actors: Actor[] = await Promise.all(["", "x", "berth_", `berth_${"0".repeat(38)}`, "Bearer x"].map(actorOf));
    expect(actors.every((actor) => actor.kind === "anonymous")).toBe(true);
    expect(await answer("x")).toEqual({ kind: "unknown" });
  });
});
