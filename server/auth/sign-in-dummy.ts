import { inTransaction } from "#db/client.ts";
import { hasIdentity } from "#db/identities.ts";
import { insertUser, lockUserByName } from "#db/users.ts";
import { recordAudit } from "../audit/record.ts";
import type { SignInAnswer, SignInQuestion } from "../internal/messages.ts";
import { normaliseUserName, userNameProblem } from "../servers/names.ts";
import { sameText } from "./same-text.ts";
import { openSession, type SignInContext } from "./session.ts";
import { admitAttempt, forgiveAttempt, limitsFor } from "./throttle.ts";

export type DummyQuestion = Extract<SignInQuestion, { method: "dummy" }>;

const refused = (code: "wrong" | "not-allowed" | "disabled"): SignInAnswer => ({
  kind: "refused",
  code,
  retryAfterSeconds: null,
});

/** For trying Berth out: any name, one password or none. Never into an account that has a proof of its own. */
export async function signInDummy(ctx: SignInContext, question: DummyQuestion): Promise<SignInAnswer> {
  const { dummy } = ctx.config.auth;
  if (dummy === undefined) return refused("not-allowed");
  const name = normaliseUserName(question.username);
  if (userNameProblem(name) !== null) return refused("wrong");
  const admission = await admitAttempt(ctx, limitsFor({ user: name, client: question.client, known: false }));
  if (admission.kind === "throttled") {
    return { kind: "refused", code: "throttled", retryAfterSeconds: admission.retryAfterSeconds };
  }
  if (dummy.password !== undefined && !sameText(dummy.password, question.password)) return refused("wrong");
  await forgiveAttempt(ctx, admission);
  return await inTransaction(ctx.db, async (tx) => {
    const made = await insertUser(tx, { name, admin: false, passwordHash: null });
    const user = made ?? (await lockUserByName(tx, name));
    if (user === undefined || user.passwordHash !== null || (await hasIdentity(tx, user.id))) {
      return refused("not-allowed");
    }
    if (user.disabledAt !== null) return refused("disabled");
    if (made !== undefined) {
      await recordAudit(tx, ctx, {
        action: "user.create",
        target: `user:${user.id}`,
        detail: { name, method: "dummy" },
      });
    }
    return await openSession(tx, ctx, user, "dummy");
  });
}
