import { requireReach, requireScope } from "#server/auth/require-scope.ts";
import { type On, type ScopeName, scopeNames } from "#server/auth/scopes.ts";
import { HubError } from "#server/errors.ts";
import type { RestCall, RestRoute } from "./route.ts";

/**
 * What the table says a route takes, asked before anything of the request is looked at: a body that is wrong tells nobody anything who may
 * not send it. The verbs ask again.
 */
export async function authoriseRoute({ takes, path }: RestRoute, call: RestCall): Promise<void> {
  if (isScope(takes)) {
    const on = askedOn(path, call);
    // A collection is cut to what one may see; nobody at all is a refusal.
    if (on === "everything" && cutByReach.has(takes)) requireReach(call.verb, takes);
    else await requireScope(call.verb, takes, on);
  }
  if (takes === "token" && call.verb.actor.kind === "anonymous")
    throw new HubError("unauthenticated", "Log in first, or send a token that is valid.");
}

const cutByReach: ReadonlySet<ScopeName> = new Set(["list:users", "read:groups"]);

function isScope(takes: RestRoute["takes"]): takes is ScopeName {
  return (scopeNames as readonly string[]).includes(takes);
}

function askedOn(path: string, call: RestCall): On {
  if (path.startsWith("/groups/:group")) return { group: call.param("group") };
  if (!path.startsWith("/users/:user")) return "everything";
  const user = call.param("user");
  if (path.includes("/:server")) return { user, server: call.param("server") };
  return /\/server(?:\/|$)/.test(path) ? { user, server: "" } : { user };
}
