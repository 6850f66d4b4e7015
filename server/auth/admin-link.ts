import { createHash, randomBytes } from "node:crypto";
import { inTransaction, type Tx } from "#db/client.ts";
import { forgetCodesExpiredBefore, insertCode, redeemCode } from "#db/codes.ts";
import { hasIdentity } from "#db/identities.ts";
import { insertUser, lockUserByName, type User } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import { HubError } from "../errors.ts";
import type { SignInAnswer, SignInQuestion } from "../internal/messages.ts";
import type { VerbContext } from "../verb-context.ts";
import { requireScope } from "./require-scope.ts";
import { openSession, type SignInContext } from "./session.ts";
import { admitAttempt, forgiveAttempt, limitsFor } from "./throttle.ts";

const lifetimeMs = 15 * 60_000;

/** A one-time code that logs in as the admin; it goes to the terminal of whoever started Berth. Stored hashed. */
export async function createAdminLink(ctx: VerbContext): Promise<{ code: string; expiresAt: Date }> {
  await requireScope(ctx, "admin:users", "everything");
  const code = randomBytes(32).toString("base64url");
  const now = ctx.clock.now();
  const expiresAt = new Date(now.getTime() + lifetimeMs);
  await inTransaction(ctx.db, async (tx) => {
    await forgetCodesExpiredBefore(tx, now);
    await insertCode(tx, { hash: hashOf(code), purpose: "admin-link", payload: {}, expiresAt });
    await recordAudit(tx, ctx, { action: "admin-link.create", target: "hub" });
  });
  return { code, expiresAt };
}

export type AdminLinkQuestion = Extract<SignInQuestion, { method: "admin-link" }>;

/** Taking the code and opening the session are one transaction: exactly one of many redemptions wins, and none is lost. */
export async function signInByAdminLink(ctx: SignInContext, question: AdminLinkQuestion): Promise<SignInAnswer> {
  const limits = limitsFor({ user: "?admin-link", client: question.client, known: true });
  const admission = await admitAttempt(ctx, limits);
  if (admission.kind === "throttled") {
    return { kind: "refused", code: "throttled", retryAfterSeconds: admission.retryAfterSeconds };
  }
  const answer = await inTransaction(ctx.db, async (tx): Promise<SignInAnswer> => {
    const code = await redeemCode(tx, hashOf(question.code), "admin-link");
    if (code === undefined || code.expiresAt <= ctx.clock.now()) {
      return { kind: "refused", code: "expired", retryAfterSeconds: null };
    }
    return await openSession(tx, ctx, await adminUser(tx, ctx), "admin-link");
  });
  if (answer.kind === "ok") await forgiveAttempt(ctx, admission);
  return answer;
}

/**
 * `admin`, unless that name belongs to somebody else: a person who came through a provider under this name must not be
 * made an admin by a link they never saw.
 */
async function adminUser(tx: Tx, ctx: VerbContext): Promise<User> {
  for (const name of ["admin", "berth-admin", "berth-admin-2", "berth-admin-3"]) {
    const made = await insertUser(tx, { name, admin: true, passwordHash: null });
    if (made !== undefined) {
      await recordAudit(tx, ctx, {
        action: "user.create",
        target: `user:${made.id}`,
        detail: { name, admin: true, method: "admin-link" },
      });
      return made;
    }
    const user = await lockUserByName(tx, name);
    const usable = user?.admin === true && user.disabledAt === null;
    if (user !== undefined && usable && !(await hasIdentity(tx, user.id))) return user;
  }
  throw new HubError(
    "conflict",
    "The admin's account is disabled or belongs to somebody else. Make another admin with: berth user add --admin NAME",
  );
}

function hashOf(code: string): string {
  return createHash("sha256").update(code).digest("base64url");
}
