import { forgetStreamBefore } from "#db/stream.ts";
import { forgetOldLogins } from "./auth/forget-old-logins.ts";
import { purgeDeletedGroups } from "./groups/purge.ts";
import { recordHomeUsage } from "./homes/record-usage.ts";
import { removeDeletedHomes } from "./homes/remove-deleted.ts";
import type { Spawner } from "./spawner/spawner.ts";
import type { VerbContext } from "./verb-context.ts";

const everyMs = 600_000;
/** An edge that was away for longer takes a snapshot anyway. */
const streamKeptMs = 3_600_000;

/**
 * Removes rows nobody needs any more and looks what homes take, every ten minutes. Several hubs doing it do no harm. Returns what ends it, and
 * resolves once nothing of it goes on.
 */
export function beginHousekeeping(ctx: VerbContext, spawner: Spawner): () => Promise<void> {
  const ending = new AbortController();
  let look: Promise<void> | null = null;
  const timer = setInterval(() => {
    void tidy(ctx, spawner);
    // A look at many files may take longer than a round.
    look ??= lookAtHomes(ctx, spawner, ending.signal).finally(() => {
      look = null;
    });
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    ending.abort();
    await look;
  };
}

async function tidy(ctx: VerbContext, spawner: Spawner): Promise<void> {
  const streamFrom = new Date(ctx.clock.now().getTime() - streamKeptMs);
  const work = [
    forgetStreamBefore(ctx.db, streamFrom),
    forgetOldLogins(ctx),
    purgeDeletedGroups(ctx, spawner),
    removeDeletedHomes(ctx, spawner),
  ];
  await Promise.all(work).catch((error: unknown) =>
    ctx.log.warn({ err: error }, "housekeeping failed; the next round tries again"),
  );
}

async function lookAtHomes(ctx: VerbContext, spawner: Spawner, signal: AbortSignal): Promise<void> {
  await recordHomeUsage(ctx, spawner, signal).catch((error: unknown) => {
    if (!signal.aborted)
      ctx.log.warn({ err: error }, "what homes take was not read to the end; the next round goes on");
  });
}
