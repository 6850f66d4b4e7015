import { createHash } from "node:crypto";
import { inTransaction } from "#db/client.ts";
import { hasSessionFrom } from "#db/sessions.ts";
import { findUserByName, lockUser } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import type { SignInAnswer, SignInQuestion } from "../internal/messages.ts";
import { normaliseUserName, userNameProblem } from "../servers/names.ts";
import { knownAddressMs } from "./forget-old-logins.ts";
import { verifyPassword } from "./password.ts";
import { openSession, type SignInContext } from "./session.ts";
import { admitAttempt, forgiveAttempt, limitsFor } from "./throttle.ts";

export type LocalQuestion = Extract<SignInQuestion, { method: "local" }>;

const wrong: SignInAnswer = { kind: "refused", code: "wrong", retryAfterSeconds: null };
const disabled: SignInAnswer = { kind: "refused", code: "disabled", retryAfterSeconds: null };
const nobodysId = "00000000-0000-0000-0000-000000000000";

/** Name and password. Every path does the same work, so neither answer nor time tells who exists. */
export async function signInLocal(ctx: SignInContext, question: LocalQuestion): Promise<SignInAnswer> {
  if (!ctx.config.auth.local.enabled) return { kind: "refused", code: "not-allowed", retryAfterSeconds: null };
  const name = nameToLookUp(question.username);
  const user = await findUserByName(ctx.db, name);
  const since = new Date(ctx.clock.now().getTime() - knownAddressMs);
  const known = await hasSessionFrom(ctx.db, user?.id ?? nobodysId, question.client, since);
  const admission = await admitAttempt(ctx, limitsFor({ user: name, client: question.client, known }));
  if (admission.kind === "throttled") {
    ctx.log.info({ user: user?.name ?? "unknown", client: question.client }, "a login was refused: too many attempts");
    return { kind: "refused", code: "throttled", retryAfterSeconds: admission.retryAfterSeconds };
  }
  const right = await verifyPassword(user?.passwordHash ?? null, question.password);
  if (user === undefined || !right) {
    await inTransaction(ctx.db, (tx) =>
      recordAudit(tx, ctx, {
        action: "session.refused",
        target: user === undefined ? "user:unknown" : `user:${user.id}`,
        // Never what was typed: people type their password into the wrong field.
        detail: { method: "local", name: user?.name ?? null },
      }),
    );
    return wrong;
  }
  await forgiveAttempt(ctx, admission);
  return await inTransaction(ctx.db, async (tx) => {
    const current = await lockUser(tx, user.id);
    // Changed while the password was being checked: the answer is about a password that is no more.
    if (current === undefined || current.passwordHash !== user.passwordHash) return wrong;
    if (current.disabledAt !== null) return disabled;
    return await openSession(tx, ctx, current, "local");
  });
}

/** What can't be anybody's name is looked up all the same, under a short stand-in, so that it takes as long. */
function nameToLookUp(typed: string): string {
  const name = normaliseUserName(typed);
  if (userNameProblem(name) === null) return name;
  return `?${createHash("sha256").update(typed).digest("hex").slice(0, 32)}`;
}
