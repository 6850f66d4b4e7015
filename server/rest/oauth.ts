import { readBody } from "#server/api/body.ts";
import { headerOf } from "#server/api/identify.ts";
import { authorizeLogin } from "#server/auth/oauth-authorize.ts";
import { redeemLogin } from "#server/auth/oauth-token.ts";
import { HubError, isHubError } from "#server/errors.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import { statusOf } from "./errors.ts";
import { sessionIdOf } from "./hub.ts";
import { json, type RestAnswer, type RestCall, type RestRoute } from "./route.ts";

export const oauthRoutes: readonly RestRoute[] = [
  {
    method: "GET",
    path: "/oauth2/authorize",
    takes: "session",
    does: "A browser comes from a server with a login of its own, and goes back with a code.",
    handle: authorize,
  },
  {
    method: "POST",
    path: "/oauth2/token",
    takes: "client",
    does: "A server hands in its visitor's code, and gets a token that says who they are. A form, as OAuth has it.",
    handle: exchange,
  },
];

async function authorize(call: RestCall): Promise<RestAnswer> {
  const { request, response, verb, query } = call;
  if (request.method === "HEAD") throw new HubError("invalid", "A login takes a browser that goes there.");
  // A page's script may not fetch a code in its visitor's name, even where it could not read the answer.
  if ((headerOf(request, "sec-fetch-mode") ?? "navigate") !== "navigate")
    throw new HubError("forbidden", "A login begins with a browser that goes there, not with a script.");
  if (verb.actor.kind !== "user") return redirect(call, `/hub/login?next=${encodeURIComponent(request.url ?? "")}`);
  try {
    const { location } = await authorizeLogin(verb, single(query));
    keepSessionId(call, verb.actor.sessionId);
    return redirect(call, location);
  } catch (error) {
    if (!isHubError(error)) throw error;
    const status = statusOf[error.code];
    response.writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'",
    });
    response.end(page(error.publicMessage));
    return { written: true };
  }
}

/** A parameter that is there twice can be read in two ways (RFC 6749, 3.1). */
function single(query: URLSearchParams): Record<string, string> {
  const names = [...query.keys()];
  if (new Set(names).size < names.length)
    throw new HubError("invalid", "This login says something twice. Open the server again from your home page.");
  return Object.fromEntries(query);
}

function redirect({ response }: RestCall, location: string): RestAnswer {
  response.writeHead(302, { location, "referrer-policy": "no-referrer" });
  response.end();
  return { written: true };
}

/** Servers tie their XSRF tokens to it, and take what they know of a visitor for stale when it changes (services/auth.py). */
function keepSessionId({ request, response, hub }: RestCall, sessionRowId: string): void {
  const id = sessionIdOf(sessionRowId);
  if ((request.headers.cookie ?? "").split(/;\s*/).includes(`jupyterhub-session-id=${id}`)) return;
  const secure = publicUrlOf(hub.config).startsWith("https:") ? "; Secure" : "";
  response.setHeader("set-cookie", `jupyterhub-session-id=${id}; Path=/; HttpOnly; SameSite=Lax${secure}`);
}

const maxFormBytes = 16 * 1024;

async function exchange({ request, response, verb }: RestCall): Promise<RestAnswer> {
  response.setHeader("pragma", "no-cache");
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers["content-type"] ?? "");
  const text = isForm ? await readBody(request, maxFormBytes) : undefined;
  if (text === undefined) return oauthError(400, "invalid_request", "The body must be a form.");
  const form = new URLSearchParams(text);
  if (new Set(form.keys()).size < [...form.keys()].length)
    return oauthError(400, "invalid_request", "The form says something twice.");
  const outcome = await redeemLogin(verb, Object.fromEntries(form));
  if (outcome.kind === "refused")
    return oauthError(outcome.error === "invalid_client" ? 403 : 400, outcome.error, outcome.description);
  const { token, expiresInSeconds, scope } = outcome;
  return json(200, { access_token: token, token_type: "Bearer", expires_in: expiresInSeconds, scope });
}

function oauthError(status: number, error: string, description: string): RestAnswer {
  return json(status, { error, error_description: description, status, message: description });
}

function page(message: string): string {
  const text = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>This login ends here</title><h1>This login ends here</h1><p>${text}</p><p><a href="/hub/home">To your home page</a></p></html>`;
}
