import type { StoppedMessage } from "#server/internal/messages.ts";
import { type Admission, authorise } from "./authorise.ts";
import type { Failure } from "./failure.ts";
import { type RequestHead, wantsPage } from "./request-head.ts";
import { pageOriginOf, type ServerTarget } from "./route.ts";
import type { Found } from "./route-table.ts";
import type { Run, Visitor } from "./run.ts";
import { comesFromOwnPage } from "./same-origin.ts";
import { admitsVisitors, type EdgeState, refusesStaleRoutes } from "./state.ts";
import { twoSessions } from "./stray-cookies.ts";

/** What a request for a server comes to. */
export type Decision =
  | {
      readonly kind: "forward";
      readonly run: Run;
      readonly visitor: Visitor;
      readonly path: string;
      readonly pageOrigin: string;
    }
  | { readonly kind: "redirect"; readonly location: string; readonly status: 302 | 307 }
  /** On its way: wait a moment for its route, and then say so, a page by leading to its progress. */
  | { readonly kind: "pending"; readonly serverId: string; readonly otherwise: Exclude<Decision, { kind: "pending" }> }
  | { readonly kind: "fail"; readonly failure: Failure };

export type Question = {
  readonly method: string;
  readonly target: string;
  readonly isUpgrade: boolean;
  readonly head: RequestHead;
};

const fail = (failure: Failure): Decision => ({ kind: "fail", failure });

/** At once, unless a signature or a token has to be checked first. */
export function decide(state: EdgeState, question: Question, wanted: ServerTarget): Decision | Promise<Decision> {
  if (!admitsVisitors(state)) return fail({ kind: "cut-off" });
  const found = findOn(state, wanted);
  const origin = wanted.label === null ? "portal" : "user";
  const admission = authorise(state.authoriser, question.head, found?.entry.server ?? null, origin);
  if (!(admission instanceof Promise)) return decideFor(state, question, wanted, found, admission);
  // While a signature was checked the route may have changed hands: with the answer known now, everything is asked afresh.
  return admission.then((later) =>
    later.kind === "admitted" ? decide(state, question, wanted) : decideFor(state, question, wanted, found, later),
  );
}

/** Two users' origins may not be mixed up: a server answers on its owner's alone. */
function findOn(state: EdgeState, wanted: ServerTarget): Found | null {
  const found = state.knowledge.routes.find(wanted);
  return found !== null && (wanted.label === null || found.entry.server.originLabel === wanted.label) ? found : null;
}

function decideFor(
  state: EdgeState,
  question: Question,
  wanted: ServerTarget,
  found: Found | null,
  admission: Admission,
): Decision {
  switch (admission.kind) {
    case "two-sessions":
      return fail(twoSessions(admission.cookieName, question.head.host, question.target));
    case "unavailable":
      return fail({ kind: "portal-unavailable" });
    case "nobody":
      return sendToLogin(state, question, wanted);
    case "not-theirs":
      return noSuchServer(state);
    case "admitted":
      return found === null ? noSuchServer(state) : admit(state, question, wanted, found, admission);
  }
}

/** While the hub is away there may be servers, and leave to enter them, that nobody told the edge of (F-36). */
function noSuchServer({ stream }: EdgeState): Decision {
  return fail({ kind: stream.connection.kind === "live" ? "not-found" : "portal-unavailable" });
}

function sendToLogin({ site }: EdgeState, question: Question, wanted: ServerTarget): Decision {
  const { method, target, head, isUpgrade } = question;
  if (isUpgrade || !wantsPage(method, target, head)) return fail({ kind: "not-logged-in" });
  // A user's own origin knows no portal session: the portal looks, and sends back with a code if all is well.
  const location =
    wanted.label === null ? `/hub/login?next=${encodeURIComponent(target)}` : `${site.portalOrigin}${target}`;
  return { kind: "redirect", location, status: 302 };
}

function admit(
  state: EdgeState,
  question: Question,
  wanted: ServerTarget,
  found: Found,
  { visitor, credential }: Extract<Admission, { kind: "admitted" }>,
): Decision {
  const pageOrigin = pageOriginOf(state.site, wanted.label);
  if (credential === "cookie" && !comesFromOwnPage(question.method, question.isUpgrade, question.head, pageOrigin))
    return fail({ kind: "foreign-origin" });
  const { entry } = found;
  if (entry.kind === "stopped") return notRunning(state, question, entry.server);
  if (state.site.userSuffix !== null && wanted.label === null) return toOwnOrigin(state, question, found, credential);
  if (wanted.label === null && question.head.serviceWorkerScript) return fail({ kind: "service-worker" });
  if (refusesStaleRoutes(state)) return fail({ kind: "stale-routes" });
  return forwardTo(question, found, entry.run, visitor, pageOrigin);
}

const isComing = (phase: StoppedMessage["phase"]) => phase === "pending" || phase === "restarting";
const asksForPage = ({ method, target, head, isUpgrade }: Question) => !isUpgrade && wantsPage(method, target, head);

/** A hub that can't be heard may know better by now: whoever starts a server does so with another one (F-36). */
function notRunning(state: EdgeState, question: Question, server: StoppedMessage): Decision {
  if (state.stream.connection.kind !== "live") return fail({ kind: "portal-unavailable" });
  const { serverId, phase } = server;
  const failure = { kind: "not-running", phase, server, target: question.target } as const;
  if (!isComing(phase)) return fail(failure);
  const otherwise = asksForPage(question) ? toProgress(state, question, server) : ({ kind: "fail", failure } as const);
  return { kind: "pending", serverId, otherwise };
}

function toProgress({ site }: EdgeState, { target }: Question, server: StoppedMessage) {
  const names = [server.ownerName, server.serverName].filter((name) => name !== "").map(encodeURIComponent);
  const location = `${site.portalOrigin}/hub/spawn-pending/${names.join("/")}?next=${encodeURIComponent(target)}`;
  return { kind: "redirect", location, status: 302 } as const;
}

/** In subdomain mode a server's pages exist on its owner's origin only; browsers get there with a code. */
function toOwnOrigin({ site }: EdgeState, question: Question, found: Found, credential: "cookie" | "token"): Decision {
  const { server } = found.entry;
  if (credential === "token")
    return { kind: "redirect", location: `${pageOriginOf(site, server.originLabel)}${question.target}`, status: 307 };
  if (question.isUpgrade || !wantsPage(question.method, question.target, question.head))
    return fail({ kind: "not-found" });
  const query = `server=${encodeURIComponent(server.serverId)}&next=${encodeURIComponent(question.target)}`;
  return { kind: "redirect", location: `/hub/enter?${query}`, status: 302 };
}

function forwardTo(question: Question, found: Found, run: Run, visitor: Visitor, pageOrigin: string): Decision {
  const { target, method, isUpgrade } = question;
  const rest = target.slice(found.prefixEnd);
  // `/user/ana` is no page of the server, its links would point beside it.
  if (!rest.startsWith("/") && !isUpgrade && (method === "GET" || method === "HEAD"))
    return { kind: "redirect", location: `${target.slice(0, found.prefixEnd)}/${rest}`, status: 302 };
  const path = run.route.stripPrefix ? (rest.startsWith("/") ? rest : `/${rest}`) : target;
  return { kind: "forward", run, visitor, path, pageOrigin };
}
