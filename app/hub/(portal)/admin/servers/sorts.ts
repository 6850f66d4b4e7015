import type { PhaseView } from "#server/api/views.ts";

export const serverSorts = ["owner", "-owner", "since", "-since", "lastActivity", "-lastActivity"] as const;
export type ServerSort = (typeof serverSorts)[number];
export const serverPageSize = 25;

const phases: Record<PhaseView, true> = {
  ready: true,
  queued: true,
  spawning: true,
  starting: true,
  stopping: true,
  failed: true,
  stopped: true,
};
export const allPhases = Object.keys(phases) as PhaseView[];

export function phaseOf(text: string | string[] | undefined): PhaseView | null {
  return allPhases.find((phase) => phase === text) ?? null;
}
