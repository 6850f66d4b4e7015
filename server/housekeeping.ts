import { forgetStreamBefore } from "#db/stream.ts";
import { forgetOldLogins } from "./auth/forget-old-logins.ts";
import { purgeDeletedGroups } from "./groups/purge.ts";
import { removeDeletedHomes } from "./homes/remove-deleted.ts";
import type { Spawner } from "./spawner/spawner.ts";
import type { VerbContext } from "./verb-context.ts";

const everyMs = 600_000;
/** An edge that was away for longer takes a snapshot anyway. */
const streamKeptMs = 3_600_000;

/** Removes rows nobody needs any more, every ten minutes. Several hubs doing it do no harm. Returns what ends it. */
export function beginHousekeeping(ctx: VerbContext, spawner: Spawner): () => void {
  const timer = setInterval(() => void tidy(ctx, spawner), everyMs);
  timer.unref();
  return () => clearInterval(timer);
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
