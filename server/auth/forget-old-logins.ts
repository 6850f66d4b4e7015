import { forgetCodesExpiredBefore } from "#db/codes.ts";
import { forgetAttemptsBefore } from "#db/login-attempts.ts";
import { forgetSessionsExpiredBefore } from "#db/sessions.ts";
import { forgetServerTokensEndedBefore } from "#db/tokens.ts";
import type { VerbContext } from "../verb-context.ts";
import { longestLockoutSeconds } from "./throttle.ts";

/** How long an address counts as one its user logged in from before. */
export const knownAddressMs = 90 * 86_400_000;

/** Long enough to be looked for in the audit by their ids. */
const endedTokensMs = 7 * 86_400_000;

/** The hub's housekeeping: without it, whoever tries logins would fill the database. */
export async function forgetOldLogins(ctx: Pick<VerbContext, "db" | "clock">): Promise<void> {
  const nowMs = ctx.clock.now().getTime();
  await forgetAttemptsBefore(ctx.db, new Date(nowMs - longestLockoutSeconds * 1000));
  await forgetCodesExpiredBefore(ctx.db, new Date(nowMs));
  await forgetServerTokensEndedBefore(ctx.db, new Date(nowMs - endedTokensMs));
  await forgetSessionsExpiredBefore(ctx.db, new Date(nowMs - knownAddressMs));
}
