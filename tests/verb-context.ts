import { generateKeyPairSync } from "node:crypto";
import { eq } from "drizzle-orm";
import { type Db, inTransaction } from "#db/client.ts";
import { audit } from "#db/schema/system.ts";
import { appendStream, type StreamRecord, streamAfter } from "#db/stream.ts";
import { insertUser, type User } from "#db/users.ts";
import type { Actor } from "#server/auth/actor.ts";
import { hashPassword } from "#server/auth/password.ts";
import { type Holder, scopesOfUser, systemScopes } from "#server/auth/roles.ts";
import { anonymous, openSession, type SignInContext } from "#server/auth/session.ts";
import { Config } from "#server/config/schema.ts";
import { createLog } from "#server/log.ts";
import { ServerTurns } from "#server/servers/server-turns.ts";
import { Turns } from "#server/turns.ts";
import { ManualClock } from "#tests/manual-clock.ts";

export const testKeys = generateKeyPairSync("ed25519");
export const systemActor: Actor = { kind: "system", name: "test", scopes: systemScopes };

/** Every session a test opens comes from a user of its own, and the servers it stops are written down. */
export type TestContext = SignInContext & { readonly clock: ManualClock; readonly stopped: string[] };

/** A verb's context on a real database with the real stream, on a clock the test moves. */
export function testContext(db: Db, config: unknown = {}): TestContext {
  const stopped: string[] = [];
  return {
    db,
    stopped,
    actor: systemActor,
    origin: { requestId: "test-request", clientAddress: "192.0.2.1" },
    config: Config.parse(config),
    clock: new ManualClock(),
    log: createLog("test", "silent"),
    signingKey: testKeys.privateKey,
    changes: {
      append: async (tx, changes) => {
        await appendStream(tx, changes);
      },
    },
    startTurns: new Turns(3),
    serverTurns: new ServerTurns(),
    refresher: { refreshGroupsOf: async () => undefined },
    stopper: {
      stopServersOf: async (_ctx, user, why) => {
        stopped.push(`${user.name}: ${why}`);
      },
    },
  };
}

export async function makeUser(
  ctx: TestContext,
  name: string,
  options: { admin?: boolean; password?: string } = {},
): Promise<User> {
  const passwordHash = options.password === undefined ? null : await hashPassword(options.password);
  const user = await inTransaction(ctx.db, (tx) =>
    insertUser(tx, { name, admin: options.admin ?? false, passwordHash }),
  );
  if (user === undefined) throw new Error(`the test made ${name} twice`);
  return user;
}

/** The session's cookie value. */
export async function openTestSession(ctx: TestContext, user: User): Promise<string> {
  const asNobody = { ...ctx, actor: anonymous };
  return (await inTransaction(ctx.db, (tx) => openSession(tx, asNobody, user, "local"))).token;
}

/** The memberships are said here, not read: a test that cares puts them into the database as well. */
export function asUser(
  ctx: TestContext,
  user: User,
  sessionId = "00000000-0000-4000-8000-000000000000",
  memberships: Holder["memberships"] = [],
): TestContext {
  const scopes = scopesOfUser({ name: user.name, admin: user.admin, memberships }, ctx.config.hub.loadRoles);
  const actor: Actor = { kind: "user", userId: user.id, name: user.name, sessionId, scopes };
  return { ...ctx, actor };
}

export async function streamOf(db: Db): Promise<StreamRecord[]> {
  return (await streamAfter(db, 0)).flatMap((line) => line.records);
}

export async function auditOf(db: Db, target?: string) {
  const rows = db.select().from(audit);
  return await (target === undefined ? rows : rows.where(eq(audit.target, target))).orderBy(audit.id);
}
