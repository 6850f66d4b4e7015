import type { ServerWithOwner } from "#db/servers.ts";
import { listServerEvents } from "#db/servers.ts";
import type { PhaseView, ProgressView, ServerView } from "#server/api/views.ts";
import type { WaitPhase } from "#server/spawner/spawner.ts";
import { serverViewOf, type ViewContext } from "./view.ts";

type StepKey = "queue" | "machine" | "software" | "start" | "ready";

const labels: Record<StepKey, string> = {
  queue: "Waiting for your turn",
  machine: "Finding a machine",
  software: "Loading the software",
  start: "Starting your server",
  ready: "Ready",
};
const order: readonly StepKey[] = ["queue", "machine", "software", "start", "ready"];

/** Where a start is, for the progress page: everything from the record, so any hub can say it and a reload loses nothing. */
export async function progressViewOf(
  ctx: ViewContext,
  found: ServerWithOwner,
  expectedSeconds: number | null,
  now: Date,
): Promise<ProgressView> {
  const { server } = found;
  const [view, events] = await Promise.all([
    serverViewOf(ctx, found),
    listServerEvents(ctx.db, server.id, server.generation),
  ]);
  const current = stepOf(view.phase, server.waitPhase as WaitPhase | null);
  const elapsedSeconds = Math.max(0, (now.getTime() - (server.wishedAt ?? server.phaseSince).getTime()) / 1000);
  return {
    server: view,
    percent: percentOf(view.phase, elapsedSeconds, expectedSeconds),
    message: messageFor(view, server.waitPhase as WaitPhase | null),
    steps: order.map((key) => ({ key, label: labels[key], state: stateOfStep(key, current, view.phase) })),
    elapsedSeconds,
    expectedSeconds,
    events: events.map(({ id, at, kind, message, warning }) => ({ id, at, kind, message, warning })),
  };
}

function stepOf(phase: PhaseView, wait: WaitPhase | null): StepKey {
  if (phase === "ready") return "ready";
  if (phase === "queued" || phase === "stopped" || phase === "stopping") return "queue";
  if (wait === "pulling") return "software";
  if (phase === "spawning" || wait === "scheduling" || wait === "storage") return "machine";
  return "start";
}

function stateOfStep(key: StepKey, current: StepKey, phase: PhaseView): "done" | "active" | "todo" | "failed" {
  const at = order.indexOf(key) - order.indexOf(current);
  if (at < 0 || phase === "ready") return "done";
  if (at > 0) return "todo";
  return phase === "failed" ? "failed" : "active";
}

/** Towards 95 % by experience, never there before it is true. Without experience it says little. */
function percentOf(phase: PhaseView, elapsedSeconds: number, expectedSeconds: number | null): number {
  if (phase === "ready") return 100;
  if (phase === "stopped" || phase === "failed") return 0;
  const typical = Math.max(2, expectedSeconds ?? 20);
  return Math.round(95 * (1 - Math.exp((-1.6 * elapsedSeconds) / typical)));
}

function messageFor(server: ServerView, wait: WaitPhase | null): string {
  switch (server.phase) {
    case "ready":
      return "Your server is ready.";
    case "failed":
      return server.failure?.whatHappened ?? "Your server did not start.";
    case "stopped":
      return "Your server is stopped.";
    case "stopping":
      return "The earlier run is being stopped first.";
    case "queued":
      return server.queuePosition === null || server.queuePosition < 2
        ? "It is your turn in a moment."
        : `Many servers are starting. You are number ${server.queuePosition} in the queue.`;
    case "spawning":
      return "Asking for a place for your server.";
    case "starting":
      return startingMessages[wait ?? "starting"];
    default:
      return server.phase satisfies never;
  }
}

const startingMessages: Record<WaitPhase, string> = {
  storage: "Getting your home ready.",
  scheduling: "Waiting for a machine with enough room. If none has any, one may be added, which takes a few minutes.",
  pulling: "Loading the software onto the machine. The first time, this takes a while.",
  starting: "Your server is starting.",
};
