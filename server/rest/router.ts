import type { IncomingMessage, ServerResponse } from "node:http";
import { jupyterhubVersion, sendJson } from "#server/api/respond.ts";
import type { Actor, RequestOrigin } from "#server/auth/actor.ts";
import { HubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";

export type RestContext = { readonly actor: Actor; readonly origin: RequestOrigin };

/** JupyterHub's REST API: its paths, models and status codes. Both `/hub/api` and `/hub/api/` answer, and nothing redirects. */
export async function handleRest(
  _hub: Hub,
  ctx: RestContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0]?.replace(/\/$/, "") ?? "";
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new HubError("not-found", "There is nothing at this address.");
  switch (path) {
    case "/hub/api":
      return sendJson(response, 200, { version: jupyterhubVersion });
    case "/hub/api/user":
      return sendJson(response, 200, userModelOf(ctx.actor));
    default:
      throw new HubError("not-found", "There is nothing at this address.");
  }
}

function userModelOf(actor: Actor) {
  if (actor.kind === "anonymous") throw new HubError("unauthenticated", "Log in first, or send a token that is valid.");
  return {
    kind: actor.kind === "system" ? "service" : "user",
    name: actor.name,
    admin: actor.scopes.has("admin:users"),
    groups: [],
    scopes: [...actor.scopes],
  };
}
