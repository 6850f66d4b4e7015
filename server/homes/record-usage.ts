import { homesToLookAt, setHomeUsed } from "#db/home-usage.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import type { VerbContext } from "#server/verb-context.ts";

const atOnce = 100;
const dayMs = 86_400_000;

/**
 * Writes down what the files of homes take, where the backend can tell: after a server stopped, and once a day of those that run on. One
 * home after the other. Returns how many were looked at.
 */
export async function recordHomeUsage(ctx: VerbContext, spawner: Spawner, signal: AbortSignal): Promise<number> {
  if (spawner.homeUsage === undefined) return 0;
  const dayAgo = new Date(ctx.clock.now().getTime() - dayMs);
  const due = await homesToLookAt(ctx.db, dayAgo, atOnce);
  for (const { id, namespace, name, claimUid } of due) {
    // Of the beginning: what changes during the look is for the next one.
    const seenAt = ctx.clock.now();
    const usedBytes = await spawner
      .homeUsage({ homeId: id, namespace, name, claimUid }, signal)
      .catch((error: unknown) => {
        signal.throwIfAborted();
        ctx.log.warn({ err: error, home: name }, "what a home takes can't be read");
        return null;
      });
    await setHomeUsed(ctx.db, id, { usedBytes, usedSeenAt: seenAt });
  }
  return due.length;
}
