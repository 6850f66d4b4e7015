import type { Db } from "#db/client.ts";
import { findTokenById } from "#db/tokens.ts";

/** What a token was made for, for whoever holds it. */
export async function tokenFacts(db: Db, id: string): Promise<{ readonly sessionId: string | null }> {
  return { sessionId: (await findTokenById(db, id))?.token.sessionId ?? null };
}
