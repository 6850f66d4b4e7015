import type { GrantRow } from "#db/access-grants.ts";
import type { ServerWithOwner } from "#db/servers.ts";
import type { RouteMessage, StoppedMessage, StreamChange } from "#server/internal/messages.ts";
import { specOf } from "#server/spawner/record.ts";
import type { Target } from "#server/spawner/spawner.ts";
import { prefixFor } from "./names.ts";
import { announcedStopOf } from "./stop-view.ts";

/** VS Code's page says that it is there every five seconds, with the head of a message and nothing in it (`ipc.net.ts`, HeaderLength). */
const codeServerHeaderBytes = 13;

/** What the edges are told of a server: a route while it is ready, else why there is none. */
export function edgeChangeFor(found: ServerWithOwner, grants: readonly GrantRow[]): StreamChange {
  const route = routeFor(found, grants);
  return route === null ? { type: "stopped", server: stoppedFor(found, grants) } : { type: "route", route };
}

export function routeFor(found: ServerWithOwner, grants: readonly GrantRow[]): RouteMessage | null {
  const { server } = found;
  const spec = specOf(server);
  if (server.phase !== "ready" || server.runId === null || server.target === null || spec === null) return null;
  const header = spec.app.secretHeader;
  return {
    ...namesOf(found, grants),
    runId: server.runId,
    generation: server.phaseGeneration,
    target: server.target as Target,
    stripPrefix: spec.app.stripPrefix,
    auth: spec.app.auth,
    ...(spec.app.preset === "jupyterlab" && spec.app.auth === "edge" ? { notice: noticeOf(server, grants) } : {}),
    ...(spec.app.preset === "code-server" ? { keepAliveBytes: codeServerHeaderBytes } : {}),
    inject:
      header === null || spec.app.auth === "hub"
        ? null
        : { header: header.name, value: header.format.replaceAll("{secret}", server.secret ?? "") },
  };
}

function noticeOf(server: ServerWithOwner["server"], grants: readonly GrantRow[]) {
  const stop = announcedStopOf(server);
  const here = grants.filter(({ serverId, userId }) => serverId === server.id && userId !== server.userId);
  return {
    stop: stop && { at: stop.at.getTime(), message: stop.message, canExtend: stop.canExtend },
    guests: here.map(({ name, reason, until }) => ({ name, reason, until: until.getTime() })),
  };
}

export function stoppedFor(found: ServerWithOwner, grants: readonly GrantRow[]): StoppedMessage {
  return { ...namesOf(found, grants), phase: stoppedPhaseOf(found.server) };
}

function namesOf({ server, ownerName }: ServerWithOwner, grants: readonly GrantRow[]) {
  return {
    serverId: server.id,
    ownerId: server.userId,
    ownerName,
    serverName: server.name,
    prefix: prefixFor(ownerName, server.name),
    originLabel: server.originLabel,
    access: [
      { userId: server.userId, until: null },
      ...grants
        .filter((grant) => grant.serverId === server.id)
        .map((grant) => ({ userId: grant.userId, until: grant.until.getTime() })),
    ],
  };
}

function stoppedPhaseOf(server: ServerWithOwner["server"]): StoppedMessage["phase"] {
  switch (server.phase) {
    case "queued":
    case "spawning":
    case "starting":
      return "pending";
    case "stopping":
      return server.desired === "running" ? "restarting" : "stopping";
    case "failed":
      return "failed";
    default:
      return "stopped";
  }
}
