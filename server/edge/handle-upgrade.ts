import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Asker, answerFailureOnSocket } from "./answer.ts";
import { decide } from "./decide.ts";
import type { Failure } from "./failure.ts";
import { failureOfRun } from "./failure-of-run.ts";
import { requestHeaders } from "./headers.ts";
import { checkedHead, forwardedFor } from "./incoming.ts";
import { receiverFor } from "./receiver.ts";
import type { RequestHead } from "./request-head.ts";
import { routeFor } from "./route.ts";
import { type Settled, unlessPending } from "./settle-decision.ts";
import type { EdgeState } from "./state.ts";
import { upgrade } from "./upgrade.ts";
import { asksForWebSocket } from "./websocket.ts";

type Upgrading = {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly bytesAfterHead: Buffer;
  readonly head: RequestHead;
  readonly asker: Asker;
};

/** Only a WebSocket to a server is ever let through; hub and web have none. */
export function handleUpgrade(
  state: EdgeState,
  request: IncomingMessage,
  socket: Socket,
  bytesAfterHead: Buffer,
): void {
  socket.on("error", () => socket.destroy());
  const asker = { wantsPage: false, requestId: randomUUID(), portalOrigin: state.site.portalOrigin, look: state.look };
  const fail = (failure: Failure) => answerFailureOnSocket(socket, failure, asker);
  const head = checkedHead(request);
  if ("kind" in head) return void fail({ kind: "bad-request", status: head.status, reason: head.reason });
  if (!asksForWebSocket(request))
    return void fail({
      kind: "bad-request",
      status: 400,
      reason: "The only protocol to change to here is WebSocket, version 13.",
    });
  const wanted = routeFor(request.url ?? "", head.host, state.site);
  if (wanted.kind === "refused" && wanted.status === 400)
    return void fail({
      kind: "bad-request",
      status: 400,
      reason: "Its address isn't written as an address should be.",
    });
  if (wanted.kind !== "server") return void fail({ kind: "not-found" });
  const upgrading = { request, socket, bytesAfterHead, head, asker };
  const question = { method: "GET", target: request.url ?? "", isUpgrade: true, head };
  const decision = decide(state, question, wanted);
  if (!(decision instanceof Promise) && decision.kind !== "pending") return void carryOut(state, upgrading, decision);
  Promise.resolve(decision)
    .then((later) => unlessPending(state, later, () => decide(state, question, wanted)))
    .then((later) => carryOut(state, upgrading, later))
    .catch((error: unknown) => {
      state.options.log.error({ err: error, requestId: asker.requestId }, "an upgrade failed inside the edge");
      fail({ kind: "portal-unavailable" });
    });
}

function carryOut(state: EdgeState, upgrading: Upgrading, decision: Settled): void {
  const { request, socket, asker, head } = upgrading;
  if (socket.destroyed) return;
  if (decision.kind === "fail") return void answerFailureOnSocket(socket, decision.failure, asker);
  if (decision.kind !== "forward") return void answerFailureOnSocket(socket, { kind: "not-found" }, asker);
  const { run, visitor, path, pageOrigin } = decision;
  const { route } = run;
  run.noteRequest("GET", request.url ?? "", false, state.options.clock.now().getTime());
  upgrade(socket, upgrading.bytesAfterHead, {
    target: route.target,
    path,
    headers: requestHeaders(
      request.rawHeaders,
      head,
      forwardedFor(state, request, { head, requestId: asker.requestId }),
      receiverFor(run, visitor),
    ),
    key: request.headers["sec-websocket-key"] ?? "",
    connectTimeoutSeconds: state.options.connectTimeoutSeconds,
    source: { kind: "server", pageOrigin },
    visitor,
    keepAliveBytes: route.keepAliveBytes ?? 0,
    fail: (failure) => answerFailureOnSocket(socket, failureOfRun(failure, run, request.url ?? ""), asker),
    open: (exchange) => run.open.add(exchange),
    over: (exchange) => {
      if (run.open.delete(exchange)) run.closedBytes += exchange.bytes();
    },
  });
}
