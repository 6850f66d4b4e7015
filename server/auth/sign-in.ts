import { type SignInAnswer, SignInQuestion } from "../internal/messages.ts";
import { signInByAdminLink } from "./admin-link.ts";
import type { IdentityProviders } from "./providers.ts";
import { anonymous, type SignInContext } from "./session.ts";
import { signInDummy } from "./sign-in-dummy.ts";
import { signInLocal } from "./sign-in-local.ts";
import { signInByProvider } from "./sign-in-oauth.ts";

/** Checks the proof web brought of who somebody is, and mints their session. The only way to one. */
export async function signIn(
  ctx: SignInContext,
  providers: IdentityProviders,
  rawQuestion: unknown,
): Promise<SignInAnswer> {
  const question = SignInQuestion.parse(rawQuestion);
  const origin = { ...ctx.origin, clientAddress: question.client };
  const asNobody: SignInContext = { ...ctx, actor: anonymous, origin };
  switch (question.method) {
    case "local":
      return await signInLocal(asNobody, question);
    case "dummy":
      return await signInDummy(asNobody, question);
    case "admin-link":
      return await signInByAdminLink(asNobody, question);
    case "oauth":
      return await signInByProvider(asNobody, providers, question);
  }
}
