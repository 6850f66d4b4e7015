import { z } from "zod";
import { listSessionsOf } from "#db/session-list.ts";
import { findUserByName } from "#db/users.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import type { VerbContext } from "#server/verb-context.ts";

export const ListSessionsInput = z.strictObject({ user: z.string().max(256).optional() }).prefault({});

export type SessionRow = {
  readonly id: string;
  /** How they logged in: `local`, `admin-link`, `github`, or the id of a provider. */
  readonly method: string;
  readonly clientAddress: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The one that asks. */
  readonly current: boolean;
};

/** Where a user is logged in. */
export async function listSessions(ctx: VerbContext, rawInput: unknown): Promise<SessionRow[]> {
  const input = ListSessionsInput.parse(rawInput);
  const { actor } = ctx;
  const name = input.user ?? (actor.kind === "user" || actor.kind === "token" ? actor.name : "");
  await requireScope(ctx, "sessions", { user: name });
  const user = await findUserByName(ctx.db, name);
  if (user === undefined) throw new HubError("not-found", `There is no user called “${name}”.`);
  const rows = await listSessionsOf(ctx.db, user.id, ctx.clock.now());
  return rows.map(({ id, method, clientAddress, createdAt, expiresAt }) => ({
    ...{ id, method, clientAddress, createdAt, expiresAt },
    current: actor.kind === "user" && actor.sessionId === id,
  }));
}
