import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { hasGrant } from "#db/access-grants.ts";
import { inTransaction } from "#db/client.ts";
import { insertCode, redeemCode } from "#db/codes.ts";
import { findServerById } from "#db/servers.ts";
import { HubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";
import type { EnterAnswer, EnterQuestion } from "#server/internal/messages.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { mintToken, type SessionClaims, sidHashOf } from "./session-token.ts";

const codeSeconds = 30;

/**
 * The way from the portal's origin to a server on its owner's own origin: a code that is good once and for half a minute, for
 * somebody who may enter. Errors: unauthenticated, not-found (also for who may not, so that ids tell nothing).
 */
export async function createEnterCode(
  ctx: VerbContext,
  session: SessionClaims,
  serverId: string,
  next: string,
): Promise<{ code: string; originLabel: string }> {
  const { actor } = ctx;
  if (actor.kind !== "user") throw new HubError("unauthenticated", "Log in first.");
  const found = /^[0-9a-f-]{36}$/.test(serverId) ? await findServerById(ctx.db, serverId) : undefined;
  const now = ctx.clock.now();
  const allowed =
    found !== undefined &&
    (found.server.userId === actor.userId || (await hasGrant(ctx.db, serverId, actor.userId, now)));
  if (found === undefined || !allowed) throw new HubError("not-found", "There is no such server, or it isn't yours.");
  const code = randomBytes(32).toString("base64url");
  await inTransaction(ctx.db, (tx) =>
    insertCode(tx, {
      hash: sidHashOf(code),
      purpose: "enter",
      payload: {
        sid: session.sid,
        userId: actor.userId,
        serverId,
        originLabel: found.server.originLabel,
        next,
        expiresAt: String(session.expiresAt.getTime()),
      },
      expiresAt: new Date(now.getTime() + codeSeconds * 1000),
    }),
  );
  return { code, originLabel: found.server.originLabel };
}

/** Turns a code into the token of one server's own cookie. Good once, and only on the origin it was made for. */
export async function redeemEnterCode(
  hub: Hub,
  { code, originLabel }: z.infer<typeof EnterQuestion>,
): Promise<EnterAnswer> {
  const row = await inTransaction(hub.db, (tx) => redeemCode(tx, sidHashOf(code), "enter"));
  if (row === undefined || row.expiresAt <= hub.clock.now()) return { kind: "refused" };
  const { sid, userId, serverId, next, expiresAt } = row.payload;
  if (!sid || !userId || !serverId || row.payload.originLabel !== originLabel) return { kind: "refused" };
  const claims: SessionClaims = { sid, userId, serverId, expiresAt: new Date(Number(expiresAt)) };
  const token = await mintToken(hub.signingKey.privateKey, "enter", claims);
  return { kind: "ok", token, expiresAt: claims.expiresAt.getTime(), next: next ?? "/" };
}
