import type { RestRoute } from "./route.ts";
import { routes } from "./routes.ts";

const intro = `# The REST API

JupyterHub's, so that its clients work: \`Authorization: token <token>\` (or \`bearer\`), paths below \`/hub/api\`, JSON both ways, errors as
\`{"status", "message"}\`, \`X-JupyterHub-Version\` on every answer. An address answers with and without a slash behind it. Whoever isn't
known, or may not, gets 403; the same for what isn't there, where the difference would tell something. Keys a token may not read are left out
of a model.

Lists are plain arrays of at most 200. With \`Accept: application/jupyterhub-pagination+json\` they come as
\`{"items", "_pagination": {"offset", "limit", "total", "next": {"offset", "limit", "url"} | null}}\`.

A login cookie works too, for pages of the portal itself: what changes something then needs the portal's own \`Origin\`, and JSON.

Not here: shares, services, group properties, renaming users, tokens for a password.

| Request | Takes | Does |
|---|---|---|
`;

const outro = `| GET \`/health\`, \`/live\` | nothing | Whether the hub can do its work; whether it is there. |
| GET \`/metrics\` | \`read:metrics\` | Figures for Prometheus. |

**Takes**: a scope, for the user, server or group of the path; \`token\`: a token or a login; \`session\`: a browser that is logged in;
\`client\`: a server's own token, as the secret of its OAuth client.

## Servers with a login of their own

A profile with \`cmd: jupyterhub-singleuser\` (or \`app: {preset: jupyterlab, auth: hub}\`) runs JupyterHub's own server, which sends its visitor
through \`/hub/api/oauth2/authorize\`, asks \`/hub/api/user\` who they are, and reports activity. Its token (\`JUPYTERHUB_API_TOKEN\`) is made at
each start, may do what JupyterHub's role \`server\` may, and works until that run is over; so do the tokens of the logins in it, which end with
their visitor's login as well. The edge lets nobody through to such a server who may not enter, as with every other; it injects no secret.
A token of the portal is handed on to such a server only where it is the owner's, or was made in that server's own login.

Servers must reach the hub: on one machine Berth opens a loopback port for them, in a cluster set \`hub.apiListen\`, and \`hub.apiUrl\` where there is
no service called \`berth-hub\` or \`hub\`.
`;

/** docs/rest-api.md. */
export function restReference(): string {
  return `${intro}${routes.map(line).join("")}${outro}`;
}

function line({ method, path, takes, does }: RestRoute): string {
  const plain = ["token", "session", "client", "nothing"].includes(takes);
  return `| ${method} \`${path}\` | ${plain ? takes : `\`${takes}\``} | ${does.replaceAll("|", "\\|")} |\n`;
}
