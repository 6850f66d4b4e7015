import type { Db } from "#db/client.ts";
import { isSessionLive } from "#db/sessions.ts";
import { isTokenLive } from "#db/tokens.ts";
import { HubError } from "#server/errors.ts";
import type { Actor } from "./actor.ts";

/** For an answer that goes on for minutes: who was let in at its beginning may have been put out since. */
export async function requireStillValid(db: Db, actor: Actor, now: Date): Promise<void> {
  const valid =
    actor.kind === "system" ||
    (actor.kind === "user" && (await isSessionLive(db, actor.sessionId, now))) ||
    (actor.kind === "token" && (await isTokenLive(db, actor.tokenId, now)));
  if (!valid) throw new HubError("unauthenticated", "You are not logged in any more. Log in again.");
}
