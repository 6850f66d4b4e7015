import type { ServerRow } from "#db/servers.ts";
import type { LastStopView, StopView } from "#server/api/views.ts";

/** Somebody wants it to run, and nothing else has been decided since. */
export function isWanted({ desired }: ServerRow): boolean {
  return desired === "running";
}

const sentences: Record<StopView["why"], string> = {
  idle: "Nobody has used this server for a while.",
  "max-age": "This server will have run for as long as one may. Save your work; you can start it again afterwards.",
  "quiet-hours": "Quiet hours begin, in which servers are stopped.",
  budget: "Its compute hours are spent. Save your work.",
};

/** The stop that was announced for a server that is ready. */
export function announcedStopOf(server: ServerRow): StopView | null {
  const { stopAt, stopWhy, phase } = server;
  const why = (["idle", "max-age", "quiet-hours", "budget"] as const).find((reason) => reason === stopWhy);
  if (stopAt === null || why === undefined || phase !== "ready" || !isWanted(server)) return null;
  return { at: stopAt, why, message: sentences[why], canExtend: why === "idle" || why === "quiet-hours" };
}

export function lastStopViewOf({ lastStop }: ServerRow): LastStopView | null {
  return lastStop === null ? null : { ...lastStop, at: new Date(lastStop.at) };
}
