import type { ServerResponse } from "node:http";

// Next bundles the pages apart from the server that mounts them: the two share a process, not modules.
const key = Symbol.for("berth.web.hub-away");
type Holder = { [key]?: Set<string> };

const retryAfterSeconds = 5;

function requests(): Set<string> {
  const holder = globalThis as Holder;
  holder[key] ??= new Set();
  return holder[key];
}

/** The page of this request asked the hub and got no answer, or 503. */
export function noteHubAway(requestId: string): void {
  requests().add(requestId);
}

/**
 * Next calls every page it couldn't make our own mistake (500). Where the hub didn't answer it is none: 503, and the browser is told to
 * come back, which it does by itself.
 */
export function answerUnavailableWhereHubAway(response: ServerResponse, requestId: string): void {
  const writeHead = response.writeHead.bind(response) as (status: number, ...rest: unknown[]) => ServerResponse;
  response.writeHead = (status: number, ...rest: unknown[]) => {
    if (status !== 500 || !requests().has(requestId)) return writeHead(status, ...rest);
    response.setHeader("retry-after", String(retryAfterSeconds));
    response.setHeader("refresh", String(retryAfterSeconds));
    return writeHead(503, ...rest);
  };
  response.once("close", () => requests().delete(requestId));
}
