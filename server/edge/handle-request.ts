import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Pool } from "undici";
import { sessionCookieName, sessionCookiesIn } from "#server/auth/cookies.ts";
import { answerFailure, answerRedirect } from "./answer.ts";
import { decide } from "./decide.ts";
import type { Failure } from "./failure.ts";
import { failureOfRun } from "./failure-of-run.ts";
import { Forwarding } from "./forward.ts";
import { requestHeaders } from "./headers.ts";
import { askerOf, checkedHead, forwardedFor, type Incoming } from "./incoming.ts";
import { answersNotice, asWritten, insertFor } from "./notice.ts";
import { answerEnter, answerHealth, giveUp, refuse, sendToPortal } from "./own-answers.ts";
import { receiverFor } from "./receiver.ts";
import { type Destination, routeFor } from "./route.ts";
import { type Settled, unlessPending } from "./settle-decision.ts";
import type { EdgeState } from "./state.ts";
import { twoSessions } from "./stray-cookies.ts";

export function handleRequest(
  state: EdgeState,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): void {
  const requestId = randomUUID();
  const head = checkedHead(request);
  if ("kind" in head) {
    const asker = { wantsPage: false, requestId, portalOrigin: state.site.portalOrigin, look: state.look };
    return void answerFailure(response, { kind: "bad-request", status: head.status, reason: head.reason }, asker, true);
  }
  const incoming = { request, response, head, requestId, expectsContinue };
  dispatch(state, incoming, routeFor(request.url ?? "", head.host, state.site));
}

function dispatch(state: EdgeState, incoming: Incoming, destination: Destination): void {
  switch (destination.kind) {
    case "server": {
      const { request, head } = incoming;
      const question = { method: request.method ?? "GET", target: request.url ?? "", isUpgrade: false, head };
      const decision = decide(state, question, destination);
      if (!(decision instanceof Promise) && decision.kind !== "pending")
        return void carryOut(state, incoming, decision);
      Promise.resolve(decision)
        .then((later) => unlessPending(state, later, () => decide(state, question, destination)))
        .then((later) => carryOut(state, incoming, later))
        .catch((error: unknown) => giveUp(state, incoming, error));
      return;
    }
    case "hub-api":
    case "web": {
      const failure = sessionsProblem(state, incoming, destination.kind);
      if (failure !== null) return void answerFailure(incoming.response, failure, askerOf(state, incoming));
      return void forwardToPortal(state, incoming, destination.kind === "web" ? state.web : state.hubApi);
    }
    case "health":
      return void answerHealth(state, incoming);
    case "enter":
      void answerEnter(state, incoming, destination.label).catch((error: unknown) => giveUp(state, incoming, error));
      return;
    case "portal-page":
    case "other-loopback":
      return void sendToPortal(state, incoming);
    case "refused":
      return void refuse(state, incoming, destination.status);
  }
}

function carryOut(state: EdgeState, incoming: Incoming, decision: Settled): void {
  if (incoming.response.destroyed) return;
  if (decision.kind === "fail")
    return void answerFailure(incoming.response, decision.failure, askerOf(state, incoming));
  if (decision.kind === "redirect")
    return void answerRedirect(incoming.response, decision.location, askerOf(state, incoming), decision.status);
  const { run, visitor, path, pageOrigin } = decision;
  if (answersNotice(state, incoming, decision)) return;
  const insert = insertFor(state, incoming, decision);
  const headers = requestHeaders(
    incoming.request.rawHeaders,
    incoming.head,
    forwardedFor(state, incoming.request, incoming),
    receiverFor(run, visitor),
  );
  const { method = "GET", url = "" } = incoming.request;
  const opensPage = incoming.head.fetchMode === "navigate" && incoming.head.fetchDest === "document";
  run.noteRequest(method, url, opensPage, state.options.clock.now().getTime());
  const forwarding = new Forwarding(incoming.request, incoming.response, {
    pool: run.pool,
    path,
    headers: insert === null ? headers : asWritten(headers),
    insert,
    hasBody: incoming.head.hasBody,
    source: { kind: "server", pageOrigin },
    visitor,
    fail: (failure) =>
      answerFailure(
        incoming.response,
        failureOfRun(failure, run, incoming.request.url ?? ""),
        askerOf(state, incoming),
      ),
    over: (exchange) => {
      run.open.delete(exchange);
      run.closedBytes += exchange.bytes();
    },
  });
  run.open.add(forwarding);
  start(incoming, forwarding);
}

/** Hub and web would have to choose between them, too. A program that shows a token has said who it is, and the hub doesn't look further. */
function sessionsProblem({ options }: EdgeState, { request, head }: Incoming, to: "hub-api" | "web"): Failure | null {
  const name = sessionCookieName(options.publicUrl);
  if (to === "hub-api" && head.authorization !== null) return null;
  return sessionCookiesIn(head.cookie, name).length > 1 ? twoSessions(name, head.host, request.url ?? "/") : null;
}

function forwardToPortal(state: EdgeState, incoming: Incoming, pool: Pool): void {
  const { request, response, head } = incoming;
  const forwarding = new Forwarding(request, response, {
    pool,
    path: request.url ?? "/",
    insert: null,
    headers: requestHeaders(request.rawHeaders, head, forwardedFor(state, request, incoming), { kind: "portal" }),
    hasBody: head.hasBody,
    source: { kind: "portal" },
    visitor: null,
    fail: () => answerFailure(response, { kind: "portal-unavailable" }, askerOf(state, incoming)),
    over: () => undefined,
  });
  start(incoming, forwarding);
}

function start({ response, expectsContinue }: Incoming, forwarding: Forwarding): void {
  if (expectsContinue) response.writeContinue();
  forwarding.start();
}
