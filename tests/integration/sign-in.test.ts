import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sessions, users } from "#db/schema/people.ts";
import { createAdminLink } from "#server/auth/admin-link.ts";
import { forgetOldLogins } from "#server/auth/forget-old-logins.ts";
import { prepareVerification } from "#server/auth/password.ts";
import { createProviders } from "#server/auth/providers.ts";
import { actorOfSession } from "#server/auth/session.ts";
import { readToken, sidHashOf } from "#server/auth/session-token.ts";
import { signIn } from "#server/auth/sign-in.ts";
import { endSession } from "#server/auth/sign-out.ts";
import { longestLockoutSeconds } from "#server/auth/throttle.ts";
import type { SignInAnswer } from "#server/internal/messages.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import {
  auditOf,
  makeUser,
  openTestSession,
  streamOf,
  type TestContext,
  testContext,
  testKeys,
} from "#tests/verb-context.ts";

let database: FreshDatabase;
let ctx: TestContext;
beforeAll(async () => {
  await prepareVerification();
});
beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  return () => database.drop();
});

const keys = [testKeys.publicKey];
const local = (context: TestContext, username: string, password: string, client = "192.0.2.1") =>
  signIn(context, createProviders(context.config, context.clock), { method: "local", username, password, client });
const dummy = (context: TestContext, username: string, password: string) =>
  signIn(context, createProviders(context.config, context.clock), {
    method: "dummy",
    username,
    password,
    client: "192.0.2.1",
  });
const adminLink = (context: TestContext, code: string) =>
  signIn(context, createProviders(context.config, context.clock), { method: "admin-link", code, client: "192.0.2.1" });
const codeOf = (answer: SignInAnswer) => (answer.kind === "ok" ? "ok" : answer.code);
const tokenOf = (answer: SignInAnswer) => {
  if (answer.kind !== "ok") throw new Error(`refused: ${answer.code}`);
  return answer.token;
};

describe("a local account", () => {
  test("opens a session that speaks for its user, until it ends", async () => {
    const user = await makeUser(ctx, "ana", { password: "correct horse" });
    const answer = await local(ctx, " Ana ", "correct horse");
    const actor = await actorOfSession(ctx.db, keys, tokenOf(answer), ctx.clock.now());
    expect(actor).toMatchObject({ kind: "user", userId: user.id, name: "ana" });
    ctx.clock.advance(ctx.config.hub.sessionSeconds);
    expect((await actorOfSession(ctx.db, keys, tokenOf(answer), ctx.clock.now())).kind).toBe("anonymous");
  });

  test("S-14: every login has an id of its own, random, 256 bits, stored only hashed", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    const tokens = [
      tokenOf(await local(ctx, "ana", "correct horse")),
      tokenOf(await local(ctx, "ana", "correct horse")),
    ];
    const claims = await Promise.all(tokens.map((token) => readToken(keys, "session", token, ctx.clock.now())));
    const sids = claims.map((claim) => claim?.sid ?? "");
    expect(new Set(sids).size).toBe(2);
    for (const sid of sids) expect(Buffer.from(sid, "base64url")).toHaveLength(32);
    const rows = await ctx.db.select().from(sessions);
    expect(rows.map((row) => row.sidHash).sort()).toEqual(sids.map(sidHashOf).sort());
    expect(JSON.stringify([rows, await auditOf(ctx.db)])).not.toContain(sids[0]);
  });

  test("S-14: a session that nobody opened here is nobody's, though its signature is right", async () => {
    const user = await makeUser(ctx, "ana", { password: "correct horse" });
    const token = await openTestSession(ctx, user);
    await ctx.db.delete(sessions);
    expect((await actorOfSession(ctx.db, keys, token, ctx.clock.now())).kind).toBe("anonymous");
  });

  test("S-16: the row decides, not the token: a disabled user's and an ended row's sessions are nobody's", async () => {
    const user = await makeUser(ctx, "ana");
    const token = await openTestSession(ctx, user);
    const kind = async () => (await actorOfSession(ctx.db, keys, token, ctx.clock.now())).kind;
    expect(await kind()).toBe("user");
    await ctx.db.update(users).set({ disabledAt: ctx.clock.now() });
    expect(await kind()).toBe("anonymous");
    await ctx.db.update(users).set({ disabledAt: null });
    expect(await kind()).toBe("user");
    await ctx.db.update(sessions).set({ expiresAt: ctx.clock.now() });
    expect(await kind()).toBe("anonymous");
  });

  test("a disabled user is told so only with the right password", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    await setDisabled(ctx, { name: "ana", disabled: true });
    expect(codeOf(await local(ctx, "ana", "correct horse"))).toBe("disabled");
    expect(codeOf(await local(ctx, "ana", "wrong horse"))).toBe("wrong");
  });

  test("an account without a password, and one that isn't there, are wrong like a wrong password", async () => {
    await makeUser(ctx, "ana");
    const answers = await Promise.all([
      local(ctx, "ana", ""),
      local(ctx, "nobody", "x"),
      local(ctx, "\u0000", "x"),
      local(ctx, "", ""),
    ]);
    expect(answers).toEqual(Array(4).fill({ kind: "refused", code: "wrong", retryAfterSeconds: null }));
  });

  test("switched off, it lets nobody in", async () => {
    const off = testContext(database.db, { auth: { local: { enabled: false } } });
    await makeUser(off, "ana", { password: "correct horse" });
    expect(codeOf(await local(off, "ana", "correct horse"))).toBe("not-allowed");
  });
});

describe("S-28: guessing is slow", () => {
  test("20 wrong passwords for one name from 20 addresses: throttled, and the owner gets in within the promised time", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    const guesses = await Promise.all(
      Array.from({ length: 20 }, (_, at) => local(ctx, "ana", "wrong", `198.51.100.${at}`)),
    );
    expect(guesses.map(codeOf).filter((code) => code === "wrong")).toHaveLength(10);
    const held = await local(ctx, "ana", "correct horse", "203.0.113.9");
    expect(held).toMatchObject({ kind: "refused", code: "throttled" });
    const wait = held.kind === "refused" ? (held.retryAfterSeconds ?? 0) : 0;
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(longestLockoutSeconds);
    ctx.clock.advance(wait);
    expect(codeOf(await local(ctx, "ana", "correct horse", "203.0.113.9"))).toBe("ok");
  });

  test("the owner isn't held up at all where they logged in before", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    expect(codeOf(await local(ctx, "ana", "correct horse", "203.0.113.9"))).toBe("ok");
    for (let at = 0; at < 20; at++) await local(ctx, "ana", "wrong", `198.51.100.${at}`);
    expect(codeOf(await local(ctx, "ana", "correct horse", "203.0.113.9"))).toBe("ok");
  });

  test("one password for 200 names from one address: throttled, for names that exist and names that don't", async () => {
    for (const name of ["user-150", "user-151"]) await makeUser(ctx, name, { password: "correct horse" });
    const answers: string[] = [];
    for (let at = 0; at < 200; at++) answers.push(codeOf(await local(ctx, `user-${at}`, "Summer2027", "198.51.100.1")));
    expect(answers.filter((code) => code === "wrong")).toHaveLength(30);
    expect(new Set(answers.slice(30))).toEqual(new Set(["throttled"]));
    expect(codeOf(await local(ctx, "user-150", "correct horse", "203.0.113.9"))).toBe("ok");
  });

  test("guesses that come at once are counted as if they came one after another", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    const answers = await Promise.all(Array.from({ length: 25 }, () => local(ctx, "ana", "wrong")));
    expect(answers.map(codeOf).filter((code) => code === "wrong")).toHaveLength(10);
  });

  test("right logins aren't counted", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    for (let at = 0; at < 15; at++) expect(codeOf(await local(ctx, "ana", "correct horse"))).toBe("ok");
  });

  test("an unknown name takes as long as a wrong password (medians within 20 ms)", async () => {
    await makeUser(ctx, "ana", { password: "correct horse" });
    const known: number[] = [];
    const unknown: number[] = [];
    const timed = async (name: string, into: number[]) => {
      const from = performance.now();
      await local(ctx, name, "wrong", `198.51.100.${known.length}`);
      into.push(performance.now() - from);
      ctx.clock.advance(longestLockoutSeconds);
    };
    for (let round = 0; round < 15; round++) {
      await timed("ana", known);
      await timed("nobody", unknown);
    }
    expect(Math.abs(median(known) - median(unknown))).toBeLessThan(20);
    expect(median(unknown)).toBeGreaterThan(5);
  });
});

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe("the one-time admin link", () => {
  test("logs in as an admin, who is made when missing, and is good once", async () => {
    const { code } = await createAdminLink(ctx);
    const answer = await adminLink(ctx, code);
    expect(answer).toMatchObject({ kind: "ok", user: { name: "admin", admin: true } });
    expect(codeOf(await adminLink(ctx, code))).toBe("expired");
    expect(codeOf(await adminLink(ctx, "made-up"))).toBe("expired");
  });

  test("S-85: of 50 who bring it at once exactly one gets in", async () => {
    const { code } = await createAdminLink(ctx);
    const answers = await Promise.all(Array.from({ length: 50 }, () => adminLink(ctx, code)));
    expect(answers.filter((answer) => answer.kind === "ok")).toHaveLength(1);
    expect(await ctx.db.select().from(sessions)).toHaveLength(1);
  });

  test("is worth nothing after 15 minutes", async () => {
    const { code } = await createAdminLink(ctx);
    ctx.clock.advance(15 * 60);
    expect(codeOf(await adminLink(ctx, code))).toBe("expired");
  });

  test("never makes an admin of somebody who already has that name", async () => {
    const person = await makeUser(ctx, "admin", { password: "correct horse" });
    const { code } = await createAdminLink(ctx);
    expect(await adminLink(ctx, code)).toMatchObject({ kind: "ok", user: { name: "berth-admin", admin: true } });
    const [row] = await ctx.db.select().from(users).where(eq(users.id, person.id));
    expect(row?.admin).toBe(false);
  });

  test("isn't stored as it is", async () => {
    const { code } = await createAdminLink(ctx);
    const kept = await ctx.db.execute(sql`select * from codes`);
    expect(JSON.stringify([kept.rows, await auditOf(ctx.db)])).not.toContain(code);
  });

  test("is made for admins only", async () => {
    const user = await makeUser(ctx, "ana");
    const actor = await actorOfSession(ctx.db, keys, await openTestSession(ctx, user), ctx.clock.now());
    await expect(createAdminLink({ ...ctx, actor })).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("the dummy login", () => {
  test("exists only behind its setting, and never opens an account that has a proof of its own", async () => {
    expect(codeOf(await dummy(ctx, "ana", ""))).toBe("not-allowed");
    const on = testContext(database.db, { auth: { dummy: { enabled: true } } });
    expect(codeOf(await dummy(on, "ana", "whatever"))).toBe("ok");
    expect(codeOf(await dummy(on, "ana", "something else"))).toBe("ok");
    await makeUser(on, "bob", { password: "correct horse" });
    expect(codeOf(await dummy(on, "bob", ""))).toBe("not-allowed");
  });

  test("with a password, only that password", async () => {
    const on = testContext(database.db, { auth: { dummy: { enabled: true, password: "let me in" } } });
    expect(codeOf(await dummy(on, "ana", "let me"))).toBe("wrong");
    expect(codeOf(await dummy(on, "ana", "let me in"))).toBe("ok");
  });
});

test("S-25: what tried logins leave behind is swept away, and sessions that still speak for somebody stay", async () => {
  const ana = await makeUser(ctx, "ana", { password: "correct horse" });
  const token = await openTestSession(ctx, ana);
  for (let at = 0; at < 5; at++) await local(ctx, `nobody-${at}`, "x", `198.51.100.${at}`);
  const { code } = await createAdminLink(ctx);
  ctx.clock.advance(3600);
  await forgetOldLogins(ctx);
  for (const table of ["login_attempts", "codes"]) {
    expect((await ctx.db.execute(sql`select * from ${sql.identifier(table)}`)).rows).toEqual([]);
  }
  expect(codeOf(await adminLink(ctx, code))).toBe("expired");
  expect((await actorOfSession(ctx.db, keys, token, ctx.clock.now())).kind).toBe("user");
  ctx.clock.advance(200 * 86_400);
  await forgetOldLogins(ctx);
  expect(await ctx.db.select().from(sessions)).toEqual([]);
});

describe("logging out", () => {
  test("S-15: ends the session at once in the hub, tells every edge until when, and leaves the others", async () => {
    const user = await makeUser(ctx, "ana");
    const [one, other] = [await openTestSession(ctx, user), await openTestSession(ctx, user)];
    await endSession(ctx, keys, one);
    expect((await actorOfSession(ctx.db, keys, one, ctx.clock.now())).kind).toBe("anonymous");
    expect((await actorOfSession(ctx.db, keys, other, ctx.clock.now())).kind).toBe("user");
    const claims = await readToken(keys, "session", one, ctx.clock.now());
    expect(await streamOf(ctx.db)).toEqual([
      {
        type: "session-revoked",
        session: { sidHash: sidHashOf(claims?.sid ?? ""), until: claims?.expiresAt.getTime() },
      },
    ]);
    expect(ctx.stopped).toEqual(["ana: logout"]);
  });

  test("twice is once, and a token that isn't ours ends nothing", async () => {
    const token = await openTestSession(ctx, await makeUser(ctx, "ana"));
    await endSession(ctx, keys, token);
    await endSession(ctx, keys, token);
    await endSession(ctx, keys, "made.up.token");
    expect(await streamOf(ctx.db)).toHaveLength(1);
    expect((await auditOf(ctx.db)).filter((row) => row.action === "session.end")).toHaveLength(1);
  });
});
