import { answerFailure, answerJson, answerRedirect } from "./answer.ts";
import { enter } from "./enter.ts";
import type { Failure } from "./failure.ts";
import { askerOf, type Incoming } from "./incoming.ts";
import { admitsVisitors, type EdgeState } from "./state.ts";

/** What the edge answers itself, without asking anybody but the hub. */
export function answerHealth(state: EdgeState, incoming: Incoming): void {
  const ok = admitsVisitors(state);
  const status = ok ? "ok" : "the hub doesn't answer";
  answerJson(incoming.response, ok ? 200 : 503, { status }, askerOf(state, incoming));
}

export async function answerEnter(state: EdgeState, incoming: Incoming, label: string): Promise<void> {
  const { request, response, head } = incoming;
  const asker = askerOf(state, incoming);
  const navigates = head.fetchMode === null || (head.fetchMode === "navigate" && head.fetchDest === "document");
  if (request.method !== "GET" || !navigates) return answerFailure(response, { kind: "not-found" }, asker);
  const { client, authoriser, knowledge, options } = state;
  const entering = await enter(
    {
      client,
      enters: authoriser.enters,
      routes: knowledge.routes,
      publicUrl: options.publicUrl,
      clock: options.clock,
    },
    request.url ?? "",
    label,
  );
  if (entering.kind === "unavailable") return answerFailure(response, { kind: "portal-unavailable" }, asker);
  if (entering.kind === "refused") return answerFailure(response, { kind: "link-used" }, asker);
  answerRedirect(response, entering.location, asker, 302, ["Set-Cookie", entering.cookie]);
}

export function sendToPortal(state: EdgeState, incoming: Incoming): void {
  const { request, response } = incoming;
  const asker = askerOf(state, incoming);
  if (!asker.wantsPage) return void answerFailure(response, { kind: "misdirected" }, asker);
  answerRedirect(response, `${state.site.portalOrigin}${request.url ?? "/"}`, asker);
}

export function refuse(state: EdgeState, incoming: Incoming, status: 400 | 404 | 421): void {
  const asker = askerOf(state, incoming);
  const reason = "Its address isn't written as an address should be.";
  const failure: Failure =
    status === 400 ? { kind: "bad-request", status, reason } : { kind: status === 404 ? "not-found" : "misdirected" };
  answerFailure(incoming.response, failure, asker, status === 400);
}

export function giveUp(state: EdgeState, incoming: Incoming, error: unknown): void {
  state.options.log.error({ err: error, requestId: incoming.requestId }, "a request failed inside the edge");
  answerFailure(incoming.response, { kind: "portal-unavailable" }, askerOf(state, incoming));
}
