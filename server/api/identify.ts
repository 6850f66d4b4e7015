import type { IncomingMessage } from "node:http";
import type { Actor } from "#server/auth/actor.ts";
import { sessionCookieName, sessionCookiesIn } from "#server/auth/cookies.ts";
import { actorOfSession, anonymous } from "#server/auth/session.ts";
import { type Credential, mayChangeState } from "#server/auth/xsrf.ts";
import { HubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import { actorOfToken } from "#server/tokens/verify.ts";

export type Identified = {
  readonly actor: Actor;
  readonly credential: Credential;
  readonly sessionToken: string | null;
};

/**
 * Who sends this request, and whether it may change anything. A token wins over a cookie and never falls back to it: a
 * script with a bad token must hear so.
 */
export async function identify(hub: Hub, request: IncomingMessage): Promise<Identified> {
  const identified = await credentialOf(hub, request);
  const publicUrl = publicUrlOf(hub.config);
  const question = {
    method: request.method ?? "GET",
    credential: identified.credential,
    origin: request.headers.origin ?? null,
    secFetchSite: headerOf(request, "sec-fetch-site"),
  };
  if (identified.credential === "cookie" && !mayChangeState(question, new URL(publicUrl).origin)) {
    throw new HubError("forbidden", "This request did not come from a page of this portal, so nothing was changed.");
  }
  return identified;
}

async function credentialOf(hub: Hub, request: IncomingMessage): Promise<Identified> {
  const now = hub.clock.now();
  const token = /^(?:token|bearer)\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined) {
    return {
      actor: await actorOfToken(hub.db, token, now, hub.config.hub.loadRoles),
      credential: "token",
      sessionToken: null,
    };
  }
  const [cookie, ...more] = sessionCookiesIn(request.headers.cookie ?? "", sessionCookieName(publicUrlOf(hub.config)));
  if (cookie === undefined) return { actor: anonymous, credential: "none", sessionToken: null };
  if (more.length > 0)
    throw new HubError(
      "invalid",
      "Your browser sent two sessions at once. Delete this site's cookies and log in again.",
    );
  const actor = await actorOfSession(hub.db, [hub.signingKey.publicKey], cookie, now, hub.config.hub.loadRoles);
  return { actor, credential: "cookie", sessionToken: cookie };
}

export function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" ? value : null;
}
