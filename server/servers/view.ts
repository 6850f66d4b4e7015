import type { Db } from "#db/client.ts";
import { findHome, type Phase, queuePositionOf, type ServerWithOwner } from "#db/servers.ts";
import type { ServerView } from "#server/api/views.ts";
import type { Config } from "#server/config/schema.ts";
import { limitsOf } from "#server/profiles/limits.ts";
import { failureOf, refOf, specOf } from "#server/spawner/record.ts";
import type { Spawner } from "#server/spawner/spawner.ts";
import { failureViewFor } from "./failure-view.ts";
import { originLabelFor } from "./names.ts";
import { serverUrlFor } from "./url.ts";

export type ViewContext = {
  readonly db: Db;
  readonly config: Config;
  readonly spawner: Spawner;
  readonly limitsNote: string | null;
};

const logLines = 30;

/** How a page sees a server. `withLog` fetches the last lines of a failed one: for its own page, not for lists. */
export async function serverViewOf(ctx: ViewContext, found: ServerWithOwner, withLog = false): Promise<ServerView> {
  const { server, ownerName } = found;
  const spec = specOf(server);
  const [queuePosition, home, failure] = await Promise.all([
    queuePositionOf(ctx.db, server),
    server.homeId === null ? undefined : findHome(ctx.db, server.homeId),
    failureViewOf(ctx, found, withLog),
  ]);
  const asked = server.desired === "running" && server.phaseGeneration < server.generation;
  return {
    id: server.id,
    ownerName,
    name: server.name,
    phase: asked ? phaseWhileAsked[server.phase] : server.phase,
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
    failure: asked ? null : failure,
    canStartAgain: server.profileSlug !== null,
    limitsNote: ctx.limitsNote,
  };
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

async function failureViewOf(ctx: ViewContext, { server, ownerName }: ServerWithOwner, withLog: boolean) {
  const failure = failureOf(server);
  if (server.phase !== "failed" || failure === null) return null;
  const logTail = withLog
    ? await ctx.spawner.logTail(refOf(server, server.phaseGeneration), logLines).catch(() => [])
    : [];
  return failureViewFor(
    failure,
    {
      id: server.id,
      ownerName,
      name: server.name,
      profileSlug: server.profileSlug,
      generation: server.phaseGeneration,
      at: server.phaseSince,
    },
    logTail,
  );
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
    limitsNote: ctx.limitsNote,
  };
}
