import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { findSessionById } from "#db/session-list.ts";
import { revokeSession } from "#db/sessions.ts";
import { lockUserByName } from "#db/users.ts";
import { recordAudit } from "#server/audit/record.ts";
import { mayDo, requireScope } from "#server/auth/require-scope.ts";
import { endSessionsOf, sessionRevoked } from "#server/auth/session.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const EndSessionInput = z.strictObject({ id: z.uuid() });

/** Logs one browser out: at every edge within seconds, its open connections with it. One that is over already is success. */
export async function endSessionById(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const { id } = EndSessionInput.parse(rawInput);
  const found = await findSessionById(ctx.db, id);
  // The same answer for another's session as for none: ids must not tell what exists.
  if (found === undefined || !(await mayDo(ctx, "sessions", { user: found.owner.name }))) {
    if (ctx.actor.kind === "anonymous") throw new HubError("unauthenticated", "Log in first.");
    throw new HubError("not-found", "There is no such login among those you can end.");
  }
  await inTransaction(ctx.db, async (tx) => {
    const ended = await revokeSession(tx, found.session.sidHash, ctx.clock.now());
    if (ended === undefined) return;
    await recordAudit(tx, ctx, {
      action: "session.end",
      target: `user:${found.owner.id}`,
      detail: { user: found.owner.name, clientAddress: ended.clientAddress },
    });
    await ctx.changes.append(tx, [sessionRevoked(ended)]);
  });
}

export const EndAllSessionsInput = z.strictObject({ user: z.string().max(256).optional() }).prefault({});

/** Logs a user out everywhere; one's own browser stays in when it is they who ask. */
export async function endAllSessions(ctx: VerbContext, rawInput: unknown): Promise<{ ended: number }> {
  const input = EndAllSessionsInput.parse(rawInput);
  const { actor } = ctx;
  const name = input.user ?? (actor.kind === "user" || actor.kind === "token" ? actor.name : "");
  await requireScope(ctx, "sessions", { user: name });
  return await inTransaction(ctx.db, async (tx) => {
    const user = await lockUserByName(tx, name);
    if (user === undefined) throw new HubError("not-found", `There is no user called “${name}”.`);
    const except = actor.kind === "user" && actor.userId === user.id ? actor.sessionId : null;
    const ended = await endSessionsOf(tx, user.id, ctx.clock.now(), except);
    await recordAudit(tx, ctx, {
      action: "session.end-all",
      target: `user:${user.id}`,
      detail: { user: name, sessionsEnded: ended.length },
    });
    if (ended.length > 0) await ctx.changes.append(tx, ended);
    return { ended: ended.length };
  });
}
