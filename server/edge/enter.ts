import { serverCookieName } from "#server/auth/cookies.ts";
import type { Clock } from "#server/clock.ts";
import { EnterAnswer } from "#server/internal/messages.ts";
import { accessOf } from "./authorise.ts";
import type { InternalClient } from "./internal-client.ts";
import type { RouteTable } from "./route-table.ts";
import type { SessionCache } from "./session-cache.ts";

const newsPatienceMs = 1500;

export type Entering =
  /** Set this cookie and go there. */
  | { readonly kind: "entered"; readonly cookie: string; readonly location: string }
  | { readonly kind: "refused" }
  | { readonly kind: "unavailable" };

export type EnterContext = {
  readonly client: InternalClient;
  readonly enters: SessionCache;
  readonly routes: RouteTable;
  readonly publicUrl: URL;
  readonly clock: Clock;
};

/**
 * `/.berth/enter?code=…` on a user's own origin: the code from the portal, good once, becomes this origin's own cookie for one server. The
 * portal's session never comes here.
 */
export async function enter(context: EnterContext, target: string, label: string): Promise<Entering> {
  const code = /[?&]code=([A-Za-z0-9_-]{1,256})(?:&|$)/.exec(target)?.[1];
  if (code === undefined) return { kind: "refused" };
  const question = { code, originLabel: label };
  const answer = await context.client.ask("/internal/enter", question, EnterAnswer).catch(() => null);
  if (answer === null) return { kind: "unavailable" };
  const session = answer.kind === "ok" ? await context.enters.read(answer.token) : null;
  if (answer.kind !== "ok" || session === null || session.claims.serverId === null) return { kind: "refused" };
  const server = context.routes.byId(session.claims.serverId)?.server;
  if (server === undefined || server.originLabel !== label) return { kind: "refused" };
  await untilAdmitted(context, session.claims.userId, server.serverId);
  const https = context.publicUrl.protocol === "https:";
  const maxAgeSeconds = Math.max(0, Math.floor((answer.expiresAt - context.clock.now().getTime()) / 1000));
  const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${https ? "; Secure" : ""}`;
  return {
    kind: "entered",
    cookie: `${serverCookieName(context.publicUrl, server.serverId)}=${answer.token}; ${attributes}`,
    // Never anywhere but into this server, whatever the code was made with.
    location: answer.next.startsWith(server.prefix) && !/[\\\s]/.test(answer.next) ? answer.next : server.prefix,
  };
}

/** The hub let them in; leave that was given a moment ago may still be on its way here. */
async function untilAdmitted({ routes, clock }: EnterContext, userId: string, serverId: string): Promise<void> {
  const endMs = clock.monotonicMs() + newsPatienceMs;
  const isIn = () => accessOf(routes.byId(serverId)?.server ?? null, userId, clock.now().getTime()) !== null;
  for (let leftMs = newsPatienceMs; !isIn() && leftMs > 0; leftMs = endMs - clock.monotonicMs())
    await routes.changed(serverId, leftMs);
}
