import { expectedSecondsByProfile, findServerById } from "#db/servers.ts";
import type { ProgressView } from "#server/api/views.ts";
import { requireScope } from "#server/auth/require-scope.ts";
import { requireStillValid } from "#server/auth/require-still-valid.ts";
import type { Notifications } from "#server/notifications.ts";
import type { VerbContext } from "#server/verb-context.ts";
import { progressViewOf } from "./progress.ts";
import { getServerRow, ServerInput } from "./stop.ts";
import type { ViewContext } from "./view.ts";

/** At least this often something is said, so that the elapsed time and the bar move. */
const tickMs = 2000;

/** The state of a start now, then at every change, until it is ready, failed or stopped, or the reader goes. */
export async function* watchProgress(
  hub: ViewContext & { readonly notifications: Notifications },
  ctx: VerbContext,
  rawInput: unknown,
  signal: AbortSignal,
): AsyncGenerator<ProgressView> {
  const input = ServerInput.parse(rawInput);
  await requireScope(ctx, "read:servers", { user: input.user, server: input.name });
  const { id } = await getServerRow(ctx, input);
  const expected = await expectedSecondsByProfile(ctx.db);
  const changes = changesOf(hub.notifications, id, signal);
  try {
    while (!signal.aborted) {
      await requireStillValid(ctx.db, ctx.actor, ctx.clock.now());
      const found = await findServerById(ctx.db, id);
      if (found === undefined) return;
      const expectedSeconds = expected.get(found.server.profileSlug ?? "") ?? null;
      const view = await progressViewOf(hub, found, expectedSeconds, ctx.clock.now());
      yield view;
      if (isSettled(view)) return;
      await changes.next(tickMs);
    }
  } finally {
    changes.end();
  }
}

function isSettled({ server }: ProgressView): boolean {
  return server.phase === "ready" || server.phase === "failed" || server.phase === "stopped";
}

/** Remembers a change that came while the last one was being written, so that none is missed. */
function changesOf(notifications: Notifications, serverId: string, signal: AbortSignal) {
  let pending = false;
  let wake: (() => void) | null = null;
  const changed = () => {
    pending = true;
    wake?.();
  };
  const off = [notifications.on("server", (id) => id === serverId && changed()), notifications.on("resync", changed)];
  signal.addEventListener("abort", changed, { once: true });
  return {
    async next(ms: number): Promise<void> {
      if (!pending) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      pending = false;
      wake = null;
    },
    end(): void {
      for (const stop of off) stop();
    },
  };
}
