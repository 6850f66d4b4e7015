import { inTransaction } from "#db/client.ts";
import { announceStop, type CullCandidate, type CullPremise, wishCulled } from "#db/culling.ts";
import { notify } from "#db/stream.ts";
import { recordAudit } from "#server/audit/record.ts";
import { lastStopFor } from "#server/servers/last-stop.ts";
import { actorLabel } from "#server/servers/start.ts";
import type { VerbContext } from "#server/verb-context.ts";
import type { CullDecision, CullReason } from "./cull.ts";
import type { EffectiveRule } from "./rule.ts";

export type Decided = {
  readonly row: CullCandidate;
  readonly rule: EffectiveRule;
  /** When the server says it was active, where the record didn't know yet. */
  readonly news: Date | null;
  readonly idleMs: number;
  readonly decision: CullDecision;
};

/** Tells the server's user that it will stop, or that it won't. */
export async function announce(
  ctx: VerbContext,
  one: Decided,
  epoch: number,
  stop: { readonly at: Date; readonly why: CullReason } | null,
): Promise<boolean> {
  return await inTransaction(ctx.db, async (tx) => {
    const isAnnounced = await announceStop(tx, premiseOf(one, epoch), stop);
    if (isAnnounced) await ctx.changes.append(tx, [{ type: "server", serverId: one.row.id }]);
    return isAnnounced;
  });
}

/**
 * Stops a server as announced, if everything is still as it was when that was decided: same run, no newer activity, nobody's wish to keep
 * it, this very announcement (D7, R-07). False: it isn't, and nothing was done.
 */
export async function cullServer(ctx: VerbContext, one: Decided, epoch: number, why: CullReason): Promise<boolean> {
  const { row, rule, idleMs } = one;
  return await inTransaction(ctx.db, async (tx) => {
    const last = lastStopFor(why, actorLabel(ctx), ctx.clock.now());
    if (!(await wishCulled(tx, premiseOf(one, epoch), last, actorLabel(ctx)))) return false;
    await recordAudit(tx, ctx, {
      action: "server.cull",
      target: `server:${row.id}`,
      detail: {
        user: row.ownerName,
        server: row.name,
        generation: row.generation,
        why,
        lastActivityAt: row.lastActivityAt?.toISOString() ?? null,
        idleSeconds: Math.round(idleMs / 1000),
        idleAllowedSeconds: rule.idleSeconds,
        maxAgeSeconds: rule.maxAgeSeconds,
      },
    });
    await notify(tx, `wish:${row.id}`);
    await notify(tx, `server:${row.id}`);
    return true;
  });
}

function premiseOf({ row, news }: Decided, epoch: number): CullPremise {
  const { generation, runId, keepUntil, stopAt, stopWhy } = row;
  return {
    serverId: row.id,
    generation,
    runId,
    lastActivityAt: news ?? row.lastActivityAt,
    keepUntil,
    stopAt,
    stopWhy,
    epoch,
  };
}
