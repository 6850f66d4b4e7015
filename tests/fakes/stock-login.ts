import { createHash, randomBytes } from "node:crypto";
import { clientIdOf } from "#server/auth/oauth-client.ts";
import type { Answer } from "./portal-client.ts";
import type { Portal } from "./whole-portal.ts";

/** Profiles whose servers make their own login, as `cmd: jupyterhub-singleuser` does. */
export const stockConfig = {
  singleuser: { profileList: [{ display_name: "Stock", kubespawner_override: { cmd: "jupyterhub-singleuser" } }] },
};
export const stockHub = { apiUrl: "http://127.0.0.1:9/hub/api" };

export type Login = {
  readonly clientId: string;
  readonly secret: string;
  readonly callback: string;
  readonly state: string;
};

/** What jupyterhub-singleuser says and keeps, by what it was started with. */
export function loginIn(portal: Portal, serverId: string): Login {
  const order = portal.spawner.runs.get(serverId)?.order;
  const environment = order?.environment ?? {};
  const { JUPYTERHUB_CLIENT_ID: clientId = "", JUPYTERHUB_OAUTH_CALLBACK_URL: callback = "" } = environment;
  if (order === undefined || clientId !== clientIdOf(serverId))
    throw new Error("this server makes no login of its own");
  return { clientId, secret: order.secret, callback, state: randomBytes(8).toString("hex") };
}

/** The browser's way to the hub and back: where it is sent, and the code it has then. */
export async function authorize(
  portal: Portal,
  cookie: string,
  login: Login,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly answer: Answer; readonly back: URL; readonly code: string }> {
  const { clientId: client_id, callback: redirect_uri, state } = login;
  const query = new URLSearchParams({ client_id, redirect_uri, response_type: "code", state, ...more });
  const answer = await portal.ask(`/hub/api/oauth2/authorize?${query}`, {
    headers: { cookie, accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  });
  const back = new URL(answer.headers.location ?? "", portal.url);
  return { answer, back, code: back.searchParams.get("code") ?? "" };
}

export async function exchange(
  portal: Portal,
  login: Login,
  code: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const form = { client_id: login.clientId, client_secret: login.secret, redirect_uri: login.callback };
  return await portal.ask("/hub/api/oauth2/token", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", authorization: `token ${login.secret}` },
    body: new URLSearchParams({ grant_type: "authorization_code", code, ...form, ...more }).toString(),
  });
}

/** The whole round; the token the server then knows its visitor by. */
export async function loggedIn(portal: Portal, cookie: string, login: Login): Promise<string> {
  const { code } = await authorize(portal, cookie, login);
  return ((await exchange(portal, login, code)).json() as { access_token: string }).access_token;
}

export async function asToken(portal: Portal, token: string, path: string): Promise<Answer> {
  return await portal.ask(`/hub/api${path}`, { headers: { authorization: `token ${token}` } });
}

export function pkce(): { readonly verifier: string; readonly challenge: Readonly<Record<string, string>> } {
  const verifier = randomBytes(32).toString("base64url");
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  return { verifier, challenge: { code_challenge, code_challenge_method: "S256" } };
}
