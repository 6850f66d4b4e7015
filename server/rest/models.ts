import type { ServerRow } from "#db/servers.ts";
import type { TokenRow } from "#server/api/views.ts";
import type { Actor } from "#server/auth/actor.ts";
import type { Config } from "#server/config/schema.ts";
import { prefixFor } from "#server/servers/names.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import { serverUrlFor } from "#server/servers/url.ts";
import { phaseNow } from "#server/servers/view.ts";
import type { UserWithServers } from "#server/users/page.ts";
import { readableOf } from "./visible.ts";

type Asked = { readonly actor: Actor; readonly config: Config; readonly includeStopped?: boolean };

/** JupyterHub's models (apihandlers/base.py). Keys nobody here has a meaning for are there, and empty: clients read them. */
export function userModel(asked: Asked, found: UserWithServers): Record<string, unknown> {
  const { user, groups, servers } = found;
  const may = readableOf(asked.actor, found);
  const shown = servers.filter((server) => asked.includeStopped === true || isActive(server));
  const main = servers.find((server) => server.name === "");
  return {
    kind: "user",
    name: user.name,
    ...(may("read:users")
      ? { admin: user.admin, roles: user.admin ? ["user", "admin"] : ["user"], created: user.createdAt }
      : {}),
    ...(may("read:users:groups") ? { groups } : {}),
    ...(may("read:users:activity") ? { last_activity: user.lastActivityAt } : {}),
    ...(may("admin:users") ? { auth_state: null } : {}),
    ...(may("read:servers") || servers.length > 0
      ? {
          server: main !== undefined && phaseNow(main) === "ready" ? prefixFor(user.name, "") : null,
          pending: main === undefined ? null : pendingOf(main),
          servers: Object.fromEntries(shown.map((server) => [server.name, serverModel(asked, user.name, server)])),
        }
      : {}),
  };
}

export function serverModel({ actor, config }: Asked, ownerName: string, server: ServerRow): Record<string, unknown> {
  const { name } = server;
  const phase = phaseNow(server);
  const progress = `${serverPath(ownerName, name)}/progress`;
  return {
    name,
    full_name: `${ownerName}/${name}`,
    last_activity: server.lastActivityAt,
    started: isActive(server) ? server.wishedAt : null,
    pending: pendingOf(server),
    ready: phase === "ready",
    stopped: !isActive(server),
    url: prefixFor(ownerName, name),
    full_url: serverUrlFor(config, { ownerName, serverName: name, originLabel: server.originLabel, path: "" }),
    user_options: { ...(server.profileSlug === null ? {} : { profile: server.profileSlug }), ...server.options },
    progress_url: progress,
    full_progress_url: new URL(progress, publicUrlOf(config)).href,
    ...(actor.scopes.has("admin:servers")
      ? { state: { pod_name: server.objectName, namespace: server.namespace, profile_name: server.profileSlug } }
      : {}),
  };
}

export function serverPath(userName: string, serverName: string): string {
  const user = `/hub/api/users/${encodeURIComponent(userName)}`;
  return serverName === "" ? `${user}/server` : `${user}/servers/${encodeURIComponent(serverName)}`;
}

function isActive(server: ServerRow): boolean {
  const phase = phaseNow(server);
  return phase !== "stopped" && phase !== "failed";
}

function pendingOf(server: ServerRow): "spawn" | "stop" | null {
  const phase = phaseNow(server);
  if (phase === "queued" || phase === "spawning" || phase === "starting") return "spawn";
  return phase === "stopping" ? "stop" : null;
}

export function tokenModel(userName: string, row: TokenRow): Record<string, unknown> {
  return {
    user: userName,
    id: row.id,
    kind: "api_token",
    roles: [],
    scopes: row.scopes,
    created: row.createdAt,
    last_activity: row.lastUsedAt,
    expires_at: row.expiresAt,
    note: row.note,
    session_id: null,
    oauth_client: "JupyterHub",
  };
}

export function groupModel(name: string, users: readonly string[] | null): Record<string, unknown> {
  return { kind: "group", name, roles: [], properties: {}, ...(users === null ? {} : { users }) };
}
