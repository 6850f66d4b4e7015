import type { VerbContext } from "../verb-context.ts";
import { logFailure, refreshDueGroups } from "./refresh-groups.ts";

const lookEveryMs = 30_000;

/** Asks the providers for groups that grew old, one round after another. Returns what ends it. */
export function beginGroupRefreshes(ctx: VerbContext, deps: Parameters<typeof refreshDueGroups>[1]): () => void {
  if (deps.providers.refreshing.length === 0) return () => undefined;
  const ending = new AbortController();
  void rounds(ctx, deps, ending.signal);
  return () => ending.abort();
}

async function rounds(
  ctx: VerbContext,
  deps: Parameters<typeof refreshDueGroups>[1],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await refreshDueGroups(ctx, deps).catch((error: unknown) => logFailure(ctx, error));
    await ctx.clock.sleep(lookEveryMs, signal).catch(() => undefined);
  }
}
