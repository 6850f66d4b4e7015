import { beforeEach, describe, expect, test } from "vitest";
import { actorOfSession } from "#server/auth/session.ts";
import { readToken, sidHashOf } from "#server/auth/session-token.ts";
import { createToken } from "#server/tokens/create.ts";
import { revokeToken } from "#server/tokens/revoke.ts";
import { actorOfToken, answerToken } from "#server/tokens/verify.ts";
import { changePassword } from "#server/users/change-password.ts";
import { setAdmin } from "#server/users/set-admin.ts";
import { setDisabled } from "#server/users/set-disabled.ts";
import { type FreshDatabase, freshDatabase } from "#tests/database.ts";
import {
  asUser,
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
beforeEach(async () => {
  database = await freshDatabase();
  ctx = testContext(database.db);
  return () => database.drop();
});

const keys = [testKeys.publicKey];

/** A user with two sessions and a token, all alive. */
async function someone(options: { admin?: boolean; password?: string }) {
  const user = await makeUser(ctx, "ana", options);
  const sessions = [await openTestSession(ctx, user), await openTestSession(ctx, user)] as const;
  const made = await createToken(asUser(ctx, user), { note: "script" });
  const alive = async () => ({
    sessions: await Promise.all(
      sessions.map(async (token) => (await actorOfSession(ctx.db, keys, token, ctx.clock.now())).kind === "user"),
    ),
    token: (await actorOfToken(ctx.db, made.token, ctx.clock.now())).kind === "token",
    edge: (await answerToken(ctx.db, { token: made.token }, ctx.clock.now())).kind === "user",
  });
  const revoked = await Promise.all(sessions.map(revokedRecord));
  expect(await alive()).toEqual({ sessions: [true, true], token: true, edge: true });
  return {
    user,
    sessions,
    token: made,
    alive,
    revoked,
    tokenRevoked: { type: "token-revoked", token: { tokenId: made.row.id } },
  };
}

async function revokedRecord(token: string) {
  const claims = await readToken(keys, "session", token, ctx.clock.now());
  return {
    type: "session-revoked",
    session: { sidHash: sidHashOf(claims?.sid ?? ""), until: claims?.expiresAt.getTime() },
  };
}

describe("S-16: what was handed out dies with the commit, and every edge is told", () => {
  test("user disabled: sessions, tokens, servers; enabling again revives none of them", async () => {
    const ana = await someone({});
    await setDisabled(ctx, { name: "ana", disabled: true });
    expect(await ana.alive()).toEqual({ sessions: [false, false], token: false, edge: false });
    expect(ctx.stopped).toEqual(["ana: disabled"]);
    const told = await streamOf(ctx.db);
    expect(told).toHaveLength(4);
    expect(told).toEqual(
      expect.arrayContaining([
        { type: "user-disabled", user: { userId: ana.user.id, disabled: true } },
        ana.tokenRevoked,
        ...ana.revoked,
      ]),
    );
    await setDisabled(ctx, { name: "ana", disabled: false });
    expect(await ana.alive()).toEqual({ sessions: [false, false], token: false, edge: false });
    expect((await streamOf(ctx.db)).at(-1)).toEqual({
      type: "user-disabled",
      user: { userId: ana.user.id, disabled: false },
    });
  });

  test("password changed: every other session and the tokens; this session stays", async () => {
    const ana = await someone({ password: "correct horse" });
    const actor = await actorOfSession(ctx.db, keys, ana.sessions[0], ctx.clock.now());
    await changePassword({ ...ctx, actor }, { current: "correct horse", next: "battery staple" });
    expect(await ana.alive()).toEqual({ sessions: [true, false], token: false, edge: false });
    expect(await streamOf(ctx.db)).toEqual(expect.arrayContaining([ana.revoked[1], ana.tokenRevoked]));
    expect(await streamOf(ctx.db)).toHaveLength(2);
  });

  test("token revoked: that token alone", async () => {
    const ana = await someone({});
    await revokeToken(asUser(ctx, ana.user), { id: ana.token.row.id });
    expect(await ana.alive()).toEqual({ sessions: [true, true], token: false, edge: false });
    expect(await streamOf(ctx.db)).toEqual([ana.tokenRevoked]);
  });

  test("admin role taken: sessions and tokens", async () => {
    const ana = await someone({ admin: true });
    await setAdmin(ctx, { name: "ana", admin: false });
    expect(await ana.alive()).toEqual({ sessions: [false, false], token: false, edge: false });
    expect(await streamOf(ctx.db)).toEqual(expect.arrayContaining([...ana.revoked, ana.tokenRevoked]));
  });

  test("S-14: admin role given: no session id from before carries the new rights", async () => {
    const ana = await someone({});
    await setAdmin(ctx, { name: "ana", admin: true });
    expect((await ana.alive()).sessions).toEqual([false, false]);
  });
});

describe("asking for the same twice", () => {
  test("changes, tells and records once", async () => {
    const ana = await someone({});
    for (const _ of [1, 2]) {
      await setDisabled(ctx, { name: "ana", disabled: true });
      await revokeToken(ctx, { id: ana.token.row.id });
      await setAdmin(ctx, { name: "ana", admin: false });
    }
    const actions = (await auditOf(ctx.db)).map((row) => row.action);
    expect(actions.filter((action) => /disable|revoke|unmake/.test(action))).toEqual(["user.disable"]);
    expect((await streamOf(ctx.db)).filter((record) => record.type === "user-disabled")).toHaveLength(1);
  });

  test("stops the servers again: the first hub may have ended before it got to them", async () => {
    await makeUser(ctx, "ana");
    await setDisabled(ctx, { name: "ana", disabled: true });
    await setDisabled(ctx, { name: "ana", disabled: true });
    expect(ctx.stopped).toEqual(["ana: disabled", "ana: disabled"]);
  });
});
