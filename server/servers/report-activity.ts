import { z } from "zod";
import { findServer, touchServers } from "#db/servers.ts";
import { findUserByName, touchUser } from "#db/users.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { requireUser, UserName } from "#server/users/get.ts";
import type { VerbContext } from "#server/verb-context.ts";

/** JupyterHub takes no report from beyond an hour ahead: a clock that far off is wrong (apihandlers/users.py). */
const aheadMs = 59 * 60_000;

const Time = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const ActivityInput = z.strictObject({
  user: UserName,
  lastActivity: Time.optional(),
  servers: z.record(z.string().max(64), z.object({ last_activity: Time })).default({}),
});

/** A server says when somebody was last active in it. Never backwards; a time a little ahead of ours counts as now. */
export async function reportActivity(ctx: VerbContext, rawInput: unknown): Promise<void> {
  const input = ActivityInput.parse(rawInput);
  await requireScope(ctx, "users:activity", { user: input.user });
  const now = ctx.clock.now();
  const times = [input.lastActivity, ...Object.values(input.servers).map((server) => server.last_activity)];
  if (times.some((at) => at !== undefined && at.getTime() > now.getTime() + aheadMs))
    throw new HubError("invalid", "This activity lies in the future. Is the server's clock right?");
  const notLater = (at: Date) => (at > now ? now : at);
  const user = requireUser(await findUserByName(ctx.db, input.user), input.user);
  const names = Object.keys(input.servers);
  // Most report one server. Whoever reports several waits at the rows, as one transaction.
  await ctx.serverTurns.change(ctx.db, { userId: user.id, name: names[0] ?? "" }, async (tx) => {
    const seen: { serverId: string; runId: string; at: Date }[] = [];
    for (const [name, { last_activity }] of Object.entries(input.servers)) {
      const server = await findServer(tx, user.id, name);
      if (server === undefined) throw new HubError("invalid", `“${user.name}” has no server called “${name}”.`);
      if (server.runId !== null) seen.push({ serverId: server.id, runId: server.runId, at: notLater(last_activity) });
    }
    if (input.lastActivity !== undefined) await touchUser(tx, user.id, notLater(input.lastActivity));
    await touchServers(tx, seen, now);
  });
}
