import { z } from "zod";
import type { Tx } from "#db/client.ts";
import { groupCullById, keepServer, userCullOf } from "#db/culling.ts";
import { lockServer, type ServerRow } from "#db/servers.ts";
import { notify } from "#db/stream.ts";
import { recordAudit } from "#server/audit/record.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { HubError } from "#server/errors.ts";
import { listedProfiles } from "#server/profiles/catalogue.ts";
import { getServerRow, ServerInput } from "#server/servers/stop.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { durationText } from "./duration-text.ts";
import { effectiveRule } from "./rule.ts";

const soonestSeconds = 60;

export const ExtendServerInput = ServerInput.extend({
  seconds: z
    .int()
    .min(soonestSeconds)
    .max(365 * 86_400)
    .default(3600),
});

/**
 * More time for a server that runs: nothing stops it for so long, but its maximum age. Never less than it had; as much of it as may
 * be. Errors: forbidden, not-found, conflict (it isn't running), limit-reached (its maximum age).
 */
export async function extendServer(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const { seconds, ...key } = ExtendServerInput.parse(rawInput);
  return await withRunning(ctx, key, async (tx, server) => {
    const until = await latestKeep(ctx, tx, server, seconds);
    return server.keepUntil !== null && server.keepUntil > until ? server.keepUntil : until;
  });
}

export const KeepServerInput = ServerInput.extend({ until: z.date().nullable() });

/** Keeps a server until a time, or takes that back (`null`). Errors: as above, and invalid (beyond how long one may). */
export async function keepServerUntil(ctx: VerbContext, rawInput: unknown): Promise<ServerRow> {
  const { until, ...key } = KeepServerInput.parse(rawInput);
  return await withRunning(ctx, key, async (tx, server) => {
    if (until === null) return null;
    const seconds = (until.getTime() - ctx.clock.now().getTime()) / 1000;
    const { maxKeep } = ctx.config.cull;
    if (seconds < soonestSeconds || seconds > maxKeep + soonestSeconds)
      throw new HubError("invalid", `Choose a time from a minute to ${durationText(maxKeep)} from now.`, {
        detail: { field: "until" },
      });
    return await latestKeep(ctx, tx, server, seconds);
  });
}

type Key = { readonly user: string; readonly name: string };

async function withRunning(
  ctx: VerbContext,
  key: Key,
  choose: (tx: Tx, server: ServerRow) => Promise<Date | null>,
): Promise<ServerRow> {
  await requireScope(ctx, "start:servers", { user: key.user, server: key.name });
  const known = await getServerRow(ctx, key);
  return await ctx.serverTurns.change(ctx.db, known, async (tx) => {
    const server = await lockServer(tx, known.id);
    if (server === undefined) throw new HubError("not-found", "This server no longer exists.");
    if (server.desired === "stopped" || server.phase === "failed")
      throw new HubError("conflict", "This server isn't running any more. Start it again.");
    const until = await choose(tx, server);
    await keepServer(tx, server.id, until);
    await recordAudit(tx, ctx, {
      action: "server.keep",
      target: `server:${server.id}`,
      detail: { user: key.user, server: key.name, generation: server.generation, until: until?.toISOString() ?? null },
    });
    await notify(tx, `server:${server.id}`);
    await ctx.changes.append(tx, [{ type: "server", serverId: server.id }]);
    return { ...server, keepUntil: until };
  });
}

/** So many seconds from now, but not beyond what one may ask for, nor beyond its maximum age. */
async function latestKeep(ctx: VerbContext, tx: Tx, server: ServerRow, seconds: number): Promise<Date> {
  const { cull } = ctx.config;
  const nowMs = ctx.clock.now().getTime();
  const untilMs = nowMs + Math.min(seconds, cull.maxKeep) * 1000;
  const [group, user] = await Promise.all([
    server.groupId === null ? null : groupCullById(tx, server.groupId),
    userCullOf(tx, server.userId),
  ]);
  const profile = listedProfiles(ctx.config).find(({ slug }) => slug === server.profileSlug)?.cull ?? null;
  const { maxAgeSeconds } = effectiveRule({ cull, profile, group, user: user ?? {} });
  if (maxAgeSeconds === null || server.readyAt === null) return new Date(untilMs);
  const lastMs = server.readyAt.getTime() + maxAgeSeconds * 1000;
  if (lastMs < nowMs + soonestSeconds * 1000)
    throw new HubError(
      "limit-reached",
      `This server has run for ${durationText(maxAgeSeconds)}, as long as one may. Save your work; you can start it again after it has stopped.`,
    );
  return new Date(Math.min(untilMs, lastMs));
}
