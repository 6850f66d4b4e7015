import type { Db } from "#db/client.ts";
import { findHome, type Phase, queuePositionOf, type ServerRow, type ServerWithOwner } from "#db/servers.ts";
import type { ServerView } from "#server/api/views.ts";
import type { Config } from "#server/config/schema.ts";
import { limitsOf } from "#server/profiles/limits.ts";
import { failureOf, specOf } from "#server/spawner/record.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import { failureViewFor } from "./failure-view.ts";
import { originLabelFor } from "./names.ts";
import { announcedStopOf, isWanted, lastStopViewOf } from "./stop-view.ts";
import { serverUrlFor } from "./url.ts";

export type ViewContext = {
  readonly db: Db;
  readonly config: Config;
  readonly spawner: Spawner;
  readonly limitsNote: string | null;
};

/** How a page sees a server. */
export async function serverViewOf(ctx: ViewContext, found: ServerWithOwner): Promise<ServerView> {
  const { server, ownerName } = found;
  const spec = specOf(server);
  const [queuePosition, home] = await Promise.all([
    queuePositionOf(ctx.db, server),
    server.homeId === null ? undefined : findHome(ctx.db, server.homeId),
  ]);
  const asked = isAsked(server);
  return {
    id: server.id,
    ownerName,
    name: server.name,
    phase: phaseNow(server),
    phaseSince: server.phaseSince,
    queuePosition,
    profile: spec === null ? null : spec.profile,
    options: server.options ?? {},
    limits: spec === null ? null : limitsOf(spec),
    readyAt: server.readyAt,
    lastActivityAt: server.lastActivityAt,
    url: serverUrlFor(ctx.config, {
      ownerName,
      serverName: server.name,
      originLabel: server.originLabel,
      path: spec?.app.defaultPath ?? "",
    }),
    home: home === undefined ? null : { name: home.name, capacityBytes: home.capacityBytes },
    failure: asked ? null : failureOfView(found),
    canStartAgain: server.profileSlug !== null,
    stop: announcedStopOf(server),
    keepUntil: isWanted(server) ? server.keepUntil : null,
    lastStop: isWanted(server) ? null : lastStopViewOf(server),
    limitsNote: ctx.limitsNote,
  };
}

function isAsked(server: ServerRow): boolean {
  return server.desired === "running" && server.phaseGeneration < server.generation;
}

/** The phase people are shown. */
export function phaseNow(server: ServerRow): Phase {
  if (isAsked(server)) return phaseWhileAsked[server.phase];
  const runs = server.phase !== "stopped" && server.phase !== "failed";
  return server.desired === "stopped" && runs ? "stopping" : server.phase;
}

/** A wish the reconciler has not looked at yet reads as if it had: nobody should see the old state after pressing a button. */
const phaseWhileAsked: Record<Phase, Phase> = {
  stopped: "queued",
  failed: "queued",
  queued: "queued",
  spawning: "stopping",
  starting: "stopping",
  ready: "stopping",
  stopping: "stopping",
};

function failureOfView({ server, ownerName }: ServerWithOwner) {
  const failure = failureOf(server);
  if (server.phase !== "failed" || failure === null) return null;
  const { id, name, profileSlug, phaseGeneration: generation, phaseSince: at } = server;
  return failureViewFor(failure, { id, ownerName, name, profileSlug, generation, at });
}

/** A default server that was never started has no row; the page shows it all the same. */
export function unstartedView(ctx: ViewContext, ownerName: string, name: string): ServerView {
  return {
    id: "",
    ownerName,
    name,
    phase: "stopped",
    phaseSince: new Date(0),
    queuePosition: null,
    profile: null,
    options: {},
    limits: null,
    readyAt: null,
    lastActivityAt: null,
    url: serverUrlFor(ctx.config, { ownerName, serverName: name, originLabel: originLabelFor(ownerName), path: "" }),
    home: null,
    failure: null,
    canStartAgain: false,
    stop: null,
    keepUntil: null,
    lastStop: null,
    limitsNote: ctx.limitsNote,
  };
}
