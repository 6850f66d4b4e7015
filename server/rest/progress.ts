import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { ProgressView } from "#server/api/views.ts";
import { HubError } from "#server/errors.ts";
import { prefixFor } from "#server/servers/names.ts";
import { watchProgress } from "#server/servers/watch-progress.ts";
import type { RestAnswer, RestCall } from "./route.ts";

const keepAliveMs = 8000;

/**
 * JupyterHub's progress stream: an event at each change, the last one says `ready` or `failed`. A server nobody asked to start has none.
 */
export async function streamProgress(call: RestCall, name: string): Promise<RestAnswer> {
  const { hub, verb, request, response } = call;
  const gone = new AbortController();
  request.once("close", () => gone.abort());
  response.once("close", () => gone.abort());
  const views = watchProgress(hub, verb, { user: call.param("user"), name }, gone.signal);
  const first = await views.next();
  if (first.done === true || first.value.server.phase === "stopped")
    throw new HubError("invalid", "This server isn't starting, so there is no progress to tell of.");
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  if (request.method === "HEAD") return ended(response);
  const keepAlive = setInterval(() => response.write("\n\n"), keepAliveMs);
  try {
    let said = "";
    for (let view: IteratorResult<ProgressView> = first; view.done !== true; view = await views.next()) {
      const line = JSON.stringify(eventOf(view.value));
      if (line !== said && !response.write(`data: ${line}\n\n`) && !gone.signal.aborted)
        await once(response, "drain", { signal: gone.signal }).catch(() => undefined);
      said = line;
    }
  } finally {
    clearInterval(keepAlive);
    gone.abort();
    response.end();
  }
  return { written: true };
}

function ended(response: ServerResponse): RestAnswer {
  response.end();
  return { written: true };
}

function eventOf({ server, percent, message }: ProgressView): Record<string, unknown> {
  if (server.phase === "ready")
    return {
      progress: 100,
      ready: true,
      message,
      html_message: escaped(message),
      url: prefixFor(server.ownerName, server.name),
    };
  if (server.phase === "failed" || server.phase === "stopped")
    return { progress: 100, failed: true, message, html_message: escaped(message) };
  return { progress: percent, message };
}

/** Clients put `html_message` into a page as it is. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
