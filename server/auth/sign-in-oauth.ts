import { inTransaction } from "#db/client.ts";
import { storeRefreshToken } from "#db/identities.ts";
import { recordAudit } from "../audit/record.ts";
import type { SignInAnswer, SignInQuestion } from "../internal/messages.ts";
import { admitIdentity } from "./admit.ts";
import type { Exchanged } from "./external-identity.ts";
import type { IdentityProvider, IdentityProviders } from "./providers.ts";
import { putOut } from "./put-out.ts";
import { sealToken } from "./refresh-token.ts";
import { sameText } from "./same-text.ts";
import { createSeal } from "./sealed.ts";
import { openSession, type SignInContext } from "./session.ts";
import { admitAttempt, limitsForProvider } from "./throttle.ts";

export type OauthQuestion = Extract<SignInQuestion, { method: "oauth" }>;
type Refusal = Extract<SignInAnswer, { kind: "refused" }>["code"];

/** The way back from a provider: the hub compares the state, redeems the code and checks the proof; web is only believed in what it carries. */
export async function signInByProvider(
  ctx: SignInContext,
  providers: IdentityProviders,
  question: OauthQuestion,
): Promise<SignInAnswer> {
  const provider = providers.find(question.provider);
  if (provider === undefined) return await refuse(ctx, question, "not-allowed", { reason: "unknown provider" });
  const admission = await admitAttempt(ctx, limitsForProvider(question.client));
  if (admission.kind === "throttled") {
    return { kind: "refused", code: "throttled", retryAfterSeconds: admission.retryAfterSeconds };
  }
  if (question.state === "" || !sameText(question.state, question.expectedState)) {
    return await refuse(ctx, question, "wrong", { reason: "the state isn't the one this browser began with" });
  }
  // RFC 7636 §4.1; a login that began without PKCE doesn't end.
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(question.codeVerifier)) {
    return await refuse(ctx, question, "wrong", { reason: "no PKCE verifier" });
  }
  const exchanged = await provider.exchange(question);
  if (exchanged.kind === "none") {
    ctx.log.warn({ provider: provider.id, reason: exchanged.reason }, "a login through a provider failed");
    return await refuse(ctx, question, exchanged.code, { reason: exchanged.reason });
  }
  return await enter(ctx, provider, question, exchanged);
}

async function enter(
  ctx: SignInContext,
  provider: IdentityProvider,
  question: OauthQuestion,
  { identity, refreshToken }: Extract<Exchanged, { kind: "identity" }>,
): Promise<SignInAnswer> {
  return await inTransaction(ctx.db, async (tx) => {
    const admitted = await admitIdentity(tx, ctx, provider, identity);
    if (admitted.kind === "refused") {
      const { issuer, subject, name } = identity;
      const ended = admitted.code === "not-allowed" ? await putOut(tx, ctx, identity) : [];
      const detail = { method: question.provider, reason: admitted.reason, issuer, subject, name, ended: ended.length };
      await recordAudit(tx, ctx, { action: "session.refused", target: `provider:${provider.id}`, detail });
      if (ended.length > 0) await ctx.changes.append(tx, ended);
      return { kind: "refused", code: admitted.code, retryAfterSeconds: null };
    }
    if (provider.refreshing !== null && refreshToken !== null) {
      const sealed = sealToken(createSeal(ctx.signingKey), identity, { provider: provider.id, token: refreshToken });
      await storeRefreshToken(tx, identity, sealed, ctx.clock.now());
    }
    const answer = await openSession(tx, ctx, admitted.user, provider.id);
    if (admitted.changes.length > 0) await ctx.changes.append(tx, admitted.changes);
    return answer;
  });
}

async function refuse(
  ctx: SignInContext,
  question: OauthQuestion,
  code: Refusal,
  detail: { readonly reason: string },
): Promise<SignInAnswer> {
  const target = `provider:${question.provider.slice(0, 64)}`;
  await inTransaction(ctx.db, (tx) =>
    recordAudit(tx, ctx, { action: "session.refused", target, detail: { method: "oauth", ...detail } }),
  );
  return { kind: "refused", code, retryAfterSeconds: null };
}
