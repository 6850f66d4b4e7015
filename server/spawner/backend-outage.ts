import { backendStaleSince } from "#db/backend-view.ts";
import type { VerbContext } from "#server/verb-context.ts";

/** A hub that has just begun to lead has seen nothing yet, and a connection that broke is made again: nobody has to hear of that. */
const passingMs = 15_000;

export type BackendState = {
  readonly backend: "kubernetes" | "local";
  /** Since when what runs the servers hasn't answered, where that has lasted; `null`: it does. */
  readonly awaySince: Date | null;
};

/** What every page says while the backend is away (F-04). From the database: the hub that is asked need not be the one that leads. */
export async function backendState({ db, clock, config }: VerbContext): Promise<BackendState> {
  const since = await backendStaleSince(db);
  const hasLasted = since !== null && clock.now().getTime() - since.getTime() >= passingMs;
  return { backend: config.spawner.type, awaySince: hasLasted ? since : null };
}
