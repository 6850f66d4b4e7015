import type { IncomingMessage, ServerResponse } from "node:http";
import type { Asker } from "./answer.ts";
import type { Forwarded } from "./headers.ts";
import { type HeadProblem, type RequestHead, readHead, wantsPage } from "./request-head.ts";
import type { EdgeState } from "./state.ts";

/** One HTTP request with what is known of it. */
export type Incoming = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: RequestHead;
  readonly requestId: string;
  /** The client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue: boolean;
};

/** More header lines than any browser sends; Node itself would leave some out beyond its own limit. */
const maximalHeaderLines = 400;

export function checkedHead(
  request: IncomingMessage,
): RequestHead | (Omit<HeadProblem, "status"> & { status: 400 | 413 | 431 | 501 }) {
  if (request.rawHeaders.length > 2 * maximalHeaderLines)
    return { kind: "problem", status: 431, reason: "This request has too many headers." };
  return readHead(request.rawHeaders, request.httpVersion);
}

export function forwardedFor(
  { addresses, options, site }: EdgeState,
  request: IncomingMessage,
  { head, requestId }: Pick<Incoming, "head" | "requestId">,
): Forwarded {
  const proto = site.protocol === "https:" ? "https" : "http";
  return {
    client: addresses.clientOf(request.socket.remoteAddress, head.forwardedFor),
    proto,
    host: head.host,
    port: options.publicUrl.port || (proto === "https" ? "443" : "80"),
    requestId,
  };
}

export function askerOf({ site, look }: EdgeState, { request, head, requestId }: Incoming): Asker {
  const page = wantsPage(request.method ?? "GET", request.url ?? "", head);
  return { wantsPage: page, requestId, portalOrigin: site.portalOrigin, look };
}
