import { z } from "zod";
import { inTransaction, type Tx } from "#db/client.ts";
import { hasReservation } from "#db/reservations.ts";
import { deleteServerRow, listServersOf } from "#db/servers.ts";
import type { StreamRecord } from "#db/stream.ts";
import { revokeTokensNaming } from "#db/token-names.ts";
import { deleteUserRow, findUserByName, keptHomesOf, lockUserByName, type User } from "#db/users.ts";
import type { Clock } from "#server/clock.ts";
import type { Notifications } from "#server/notifications.ts";
import { recordAudit } from "../audit/record.ts";
import { requireScope } from "../auth/require-scope.ts";
import { HubError } from "../errors.ts";
import { untilStopped } from "../servers/settle.ts";
import { stopServersOf } from "../servers/stop.ts";
import { phaseNow } from "../servers/view.ts";
import type { VerbContext } from "../verb-context.ts";
import { tokenRevoked } from "./apply-admin.ts";
import { applyDisabled } from "./apply-disabled.ts";
import { requireUser, UserName } from "./get.ts";
import { refuseStronger } from "./refuse-stronger.ts";

/** As long as JupyterHub waits for a stop (`slow_stop_timeout`). */
const stopForMs = 10_000;

export const DeleteUserInput = z.strictObject({ name: UserName });

/**
 * Deletes an account: shuts it out, stops what it runs, then takes it away with its sessions, tokens and memberships. Not while a home of
 * theirs is kept: files are deleted by somebody who means to, never along with a name. Errors: forbidden, not-found, conflict.
 */
export async function deleteUser(
  hub: { readonly notifications: Pick<Notifications, "on">; readonly clock: Clock },
  ctx: VerbContext,
  rawInput: unknown,
): Promise<void> {
  const { name } = DeleteUserInput.parse(rawInput);
  await requireScope(ctx, "admin:users", "everything");
  const known = requireUser(await findUserByName(ctx.db, name), name);
  if ("userId" in ctx.actor && ctx.actor.userId === known.id)
    throw new HubError("conflict", "You can't delete your own account. Ask another admin.");
  await refuseKeptHomes(ctx, known);
  await shutOut(ctx, name);
  await stopServersOf(ctx, known, "disabled");
  for (const server of await listServersOf(ctx.db, known.id)) await untilStopped(hub, ctx, server.id, stopForMs);
  await inTransaction(ctx.db, (tx) => remove(tx, ctx, name));
}

/** From here on nothing of theirs can start: what is stopped stays stopped. */
async function shutOut(ctx: VerbContext, name: string): Promise<void> {
  await inTransaction(ctx.db, async (tx) => {
    const user = requireUser(await lockUserByName(tx, name), name);
    await refuseStronger(tx, ctx, user);
    const { changes } = await applyDisabled(tx, ctx, user, true);
    if (changes.length > 0) await ctx.changes.append(tx, changes);
  });
}

async function remove(tx: Tx, ctx: VerbContext, name: string): Promise<void> {
  const user = await lockUserByName(tx, name);
  if (user === undefined) return;
  await refuseKeptHomes({ ...ctx, db: tx }, user);
  const gone: StreamRecord[] = [];
  for (const server of await listServersOf(tx, user.id)) {
    const phase = phaseNow(server);
    if ((phase !== "stopped" && phase !== "failed") || (await hasReservation(tx, server.id)))
      throw new HubError(
        "conflict",
        `A server of “${name}” is still being stopped. The account is disabled; try again in a moment.`,
      );
    await deleteServerRow(tx, server.id);
    gone.push({ type: "server", serverId: server.id });
  }
  // Of others, too: whoever bears the name next isn't who they were made for (S-32).
  const tokens = await revokeTokensNaming(tx, { user: name }, ctx.clock.now());
  await deleteUserRow(tx, user.id);
  await recordAudit(tx, ctx, { action: "user.delete", target: `user:${user.id}`, detail: { name } });
  await ctx.changes.append(tx, [...gone, ...tokens.map(tokenRevoked)]);
}

async function refuseKeptHomes({ db }: { readonly db: VerbContext["db"] | Tx }, user: User): Promise<void> {
  const kept = await keptHomesOf(db, user.id);
  if (kept.length === 0) return;
  const homes = kept.map((home) => `“${home}”`).join(", ");
  throw new HubError(
    "conflict",
    `“${user.name}” has files that are kept: ${homes}. Delete the home first, or disable the account instead.`,
  );
}
