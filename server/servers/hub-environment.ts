import type { ServerWithOwner } from "#db/servers.ts";
import { callbackOf, clientIdOf } from "#server/auth/oauth-client.ts";
import type { Config } from "#server/config/schema.ts";
import type { ServerSpec } from "#server/profiles/spec.ts";
import { prefixFor } from "./names.ts";
import { publicUrlOf } from "./public-url.ts";
import { serverUrlFor } from "./url.ts";

/** The variables programs written for JupyterHub look for (jupyterhub/spawner.py `get_env`). */
export function hubEnvironment(config: Config, spec: ServerSpec, found: ServerWithOwner): Record<string, string> {
  const { server, ownerName } = found;
  return {
    JUPYTERHUB_USER: ownerName,
    JUPYTERHUB_SERVER_NAME: server.name,
    JUPYTERHUB_SERVICE_PREFIX: prefixFor(ownerName, server.name),
    JUPYTERHUB_BASE_URL: "/",
    JUPYTERHUB_PUBLIC_HUB_URL: `${publicUrlOf(config).replace(/\/$/, "")}/hub/`,
    MEM_LIMIT: String(spec.memory.limitBytes),
    MEM_GUARANTEE: String(spec.memory.guaranteeBytes),
    CPU_LIMIT: String(spec.cpu.limitMillicores / 1000),
    CPU_GUARANTEE: String(spec.cpu.guaranteeMillicores / 1000),
    ...(spec.app.auth === "hub" ? loginEnvironment(config, spec, found) : {}),
  };
}

/** What jupyterhub-singleuser needs for the login it makes itself. Its token is put in where secrets are (`secretVariable`). */
function loginEnvironment(config: Config, spec: ServerSpec, found: ServerWithOwner): Record<string, string> {
  const { server, ownerName } = found;
  const apiUrl = config.hub.apiUrl;
  if (apiUrl === undefined)
    throw new Error("hub.apiUrl is unknown: a server with a login of its own can't reach the hub");
  const { name: serverName, originLabel } = server;
  const prefix = prefixFor(ownerName, serverName);
  const access = JSON.stringify([
    `access:servers!server=${ownerName}/${serverName}`,
    `access:servers!user=${ownerName}`,
  ]);
  return {
    JUPYTERHUB_API_URL: apiUrl,
    JUPYTERHUB_ACTIVITY_URL: `${apiUrl}/users/${encodeURIComponent(ownerName)}/activity`,
    JUPYTERHUB_CLIENT_ID: clientIdOf(server.id),
    JUPYTERHUB_OAUTH_CALLBACK_URL: callbackOf(config, found),
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: access,
    JUPYTERHUB_OAUTH_SCOPES: access,
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: "[]",
    // Where the login page is, when it isn't on the server's own origin.
    JUPYTERHUB_HOST: config.hub.subdomainHost === undefined ? "" : new URL(publicUrlOf(config)).origin,
    JUPYTERHUB_PUBLIC_URL: serverUrlFor(config, { ownerName, serverName, originLabel, path: "" }),
    // In a pod on every address; the local backend says its own.
    JUPYTERHUB_SERVICE_URL: `http://0.0.0.0:${spec.app.port}${prefix}`,
  };
}
