import { currentAnnouncements } from "#server/announcements/current.ts";
import { jupyterhubVersion } from "#server/api/respond.ts";
import { HubError } from "#server/errors.ts";
import { listRoutes } from "#server/servers/list-routes.ts";
import { tokenFacts } from "#server/tokens/facts.ts";
import { ownUser } from "#server/users/page.ts";
import { version } from "#server/version.ts";
import { userModel } from "./models.ts";
import { json, type RestAnswer, type RestCall, type RestRoute } from "./route.ts";

export const hubRoutes: readonly RestRoute[] = [
  {
    method: "GET",
    path: "/",
    takes: "nothing",
    does: "The version of JupyterHub whose API this is.",
    handle: () => json(200, { version: jupyterhubVersion }),
  },
  {
    method: "GET",
    path: "/info",
    takes: "read:hub",
    does: "What this hub is made of.",
    handle: ({ hub }) => {
      const spawner = { class: `berth.${hub.config.spawner.type}`, version };
      const authenticator = { class: "berth.auth", version };
      return json(200, {
        version: jupyterhubVersion,
        berth: version,
        python: "",
        sys_executable: "",
        spawner,
        authenticator,
      });
    },
  },
  {
    method: "GET",
    path: "/user",
    takes: "token",
    does: "Who asks, with their scopes: what a server asks about its visitor.",
    handle: whoAsks,
  },
  {
    method: "GET",
    path: "/announcements",
    takes: "nothing",
    does: "What admins announce now: to everybody, and to the groups of whoever asks. Berth's own.",
    handle: async ({ verb }) => json(200, { announcements: await currentAnnouncements(verb) }),
  },
  {
    method: "GET",
    path: "/services",
    takes: "list:services",
    does: "Services. There are none: programs use tokens.",
    handle: () => json(200, {}),
  },
  {
    method: "GET",
    path: "/services/:service",
    takes: "list:services",
    does: "One service: always 404.",
    handle: () => {
      throw new HubError("not-found", "There are no services here. Programs use tokens.");
    },
  },
  {
    method: "GET",
    path: "/proxy",
    takes: "proxy",
    does: "Where the edges lead, by path.",
    handle: async ({ verb }) => json(200, await listRoutes(verb)),
  },
  ...(["POST", "PATCH"] as const).map(
    (method): RestRoute => ({
      method,
      path: "/proxy",
      takes: "proxy",
      does: "Always 501: the edges follow the hub by themselves.",
      handle: () => notHere("The edges follow the hub by themselves; there is nothing to check or to replace."),
    }),
  ),
  {
    method: "POST",
    path: "/shutdown",
    takes: "shutdown",
    does: "Always 501: whoever started the hub stops it.",
    handle: () => notHere("A hub ends with the program or the pod it runs in. Stop that."),
  },
];

function notHere(message: string): RestAnswer {
  return json(501, { status: 501, message });
}

async function whoAsks({ verb, hub }: RestCall): Promise<RestAnswer> {
  const { actor, config } = verb;
  if (actor.kind === "system")
    return json(200, { kind: "service", name: actor.name, admin: true, roles: [], scopes: [...actor.scopes] });
  const own = await ownUser(verb);
  const facts = actor.kind === "token" ? await tokenFacts(hub.db, actor.tokenId) : null;
  return json(200, {
    ...userModel({ actor, config }, own),
    // jupyterhub-singleuser reads these whatever the token may (auth.py, `check_scopes`).
    name: own.user.name,
    admin: own.user.admin,
    groups: own.groups,
    scopes: [...actor.scopes].sort(),
    session_id: actor.kind === "user" ? sessionIdOf(actor.sessionId) : sessionIdOf(facts?.sessionId ?? null),
    ...(actor.kind === "token" ? { token_id: actor.tokenId } : {}),
  });
}

/** JupyterHub's `jupyterhub-session-id`: no secret, only a name for one login. */
export function sessionIdOf(id: string | null): string | null {
  return id?.replaceAll("-", "") ?? null;
}
