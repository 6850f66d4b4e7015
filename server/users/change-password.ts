import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { revokeTokensOf } from "#db/tokens.ts";
import { findUserById, lockUser, updateUser } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import { hashPassword, passwordProblem, verifyPassword } from "../auth/password.ts";
import { endSessionsOf } from "../auth/session.ts";
import { admitAttempt, forgiveAttempt, limitsFor } from "../auth/throttle.ts";
import { HubError } from "../errors.ts";
import type { VerbContext } from "../verb-context.ts";
import { tokenRevoked } from "./apply-admin.ts";

export const ChangePasswordInput = z.strictObject({ current: z.string().max(1024), next: z.string().max(1024) });

/**
 * A user's own password, against the old one. Whoever knew the old one is out: every other session and the user's tokens
 * end; this session stays.
 */
export async function changePassword(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const { current, next } = ChangePasswordInput.parse(rawInput);
  const { actor } = ctx;
  if (actor.kind !== "user") throw new HubError("forbidden", "Log in with a browser to change your password.");
  const problem = passwordProblem(next, actor.name);
  if (problem !== null) throw new HubError("invalid", problem, { detail: { field: "next" } });
  const before = await findUserById(ctx.db, actor.userId);
  if (before?.passwordHash === undefined || before.passwordHash === null) {
    throw new HubError("conflict", "Your account has no password here: you log in through a provider.");
  }
  await requireCurrent(ctx, actor.name, before.passwordHash, current);
  const passwordHash = await hashPassword(next);
  await inTransaction(ctx.db, async (tx) => {
    const user = await lockUser(tx, actor.userId);
    if (user?.passwordHash !== before.passwordHash) {
      throw new HubError("conflict", "The password was changed meanwhile. Log in again.");
    }
    const now = ctx.clock.now();
    await updateUser(tx, actor.userId, { passwordHash });
    const ended = await endSessionsOf(tx, actor.userId, now, actor.sessionId);
    const tokens = await revokeTokensOf(tx, actor.userId, "own", now);
    await recordAudit(tx, ctx, {
      action: "user.change-password",
      target: `user:${actor.userId}`,
      detail: { sessionsEnded: ended.length, tokensRevoked: tokens.length },
    });
    const changes = [...ended, ...tokens.map(tokenRevoked)];
    if (changes.length > 0) await ctx.changes.append(tx, changes);
  });
}

/** A stolen session must not become a way to guess the password. */
async function requireCurrent(ctx: VerbContext, name: string, stored: string, current: string): Promise<void> {
  const limits = limitsFor({ user: name, client: ctx.origin.clientAddress, known: true });
  const admission = await admitAttempt(ctx, limits);
  if (admission.kind === "throttled") {
    const { retryAfterSeconds } = admission;
    throw new HubError("rate-limited", `Too many attempts. Try again in ${retryAfterSeconds} seconds.`, {
      detail: { retryAfterSeconds },
    });
  }
  if (!(await verifyPassword(stored, current))) {
    throw new HubError("invalid", "This isn't your current password.", { detail: { field: "current" } });
  }
  await forgiveAttempt(ctx, admission);
}
