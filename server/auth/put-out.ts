import type { Tx } from "#db/client.ts";
import { lockUserOfIdentity } from "#db/identities.ts";
import type { StreamRecord } from "#db/stream.ts";
import { revokeTokensOf } from "#db/tokens.ts";
import { endGrants, tokenRevoked } from "../users/apply-admin.ts";
import type { VerbContext } from "../verb-context.ts";
import type { ExternalIdentity } from "./external-identity.ts";
import { endSessionsOf } from "./session.ts";

/**
 * Who is let in no more, as their provider itself just said: what was handed out to them under the earlier answer ends too. Their
 * servers go on, since nobody can reach them now. The caller appends what comes back, last.
 */
export async function putOut(
  tx: Tx,
  ctx: VerbContext,
  { issuer, subject }: ExternalIdentity,
): Promise<readonly StreamRecord[]> {
  const user = await lockUserOfIdentity(tx, issuer, subject);
  if (user === undefined) return [];
  const now = ctx.clock.now();
  const grants = await endGrants(tx, user.id, now);
  const sessions = await endSessionsOf(tx, user.id, now);
  const tokens = await revokeTokensOf(tx, user.id, "all", now);
  return [...grants, ...sessions, ...tokens.map(tokenRevoked)];
}
