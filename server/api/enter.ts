import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestOrigin } from "#server/auth/actor.ts";
import { createEnterCode } from "#server/auth/enter.ts";
import { safeNext } from "#server/auth/next-url.ts";
import { readToken } from "#server/auth/session-token.ts";
import type { Hub } from "#server/hub.ts";
import { publicUrlOf } from "#server/servers/public-url.ts";
import type { Identified } from "./identify.ts";

/** `GET /hub/enter?server=…&next=…`: sends the browser to the server's own origin with a single-use code. */
export async function enterServer(
  hub: Hub,
  identified: Identified,
  origin: RequestOrigin,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const portal = new URL(publicUrlOf(hub.config));
  const query = new URL(request.url ?? "/", portal).searchParams;
  const now = hub.clock.now();
  const claims =
    identified.sessionToken === null
      ? null
      : await readToken([hub.signingKey.publicKey], "session", identified.sessionToken, now);
  if (identified.actor.kind !== "user" || claims === null) {
    return redirect(response, `/hub/login?next=${encodeURIComponent(request.url ?? "/hub/home")}`);
  }
  const next = safeNext(query.get("next") ?? "/", portal.origin, "/");
  // Every server is under this very origin: there is no other to be let into.
  if (hub.config.hub.subdomainHost === undefined) return redirect(response, next);
  const ctx = hub.contextFor(identified.actor, origin);
  const { code, originLabel } = await createEnterCode(ctx, claims, query.get("server") ?? "", next);
  redirect(response, `${portal.protocol}//${originLabel}.${hub.config.hub.subdomainHost}/.berth/enter?code=${code}`);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location, "referrer-policy": "no-referrer" });
  response.end();
}
