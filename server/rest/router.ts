import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "#server/api/body.ts";
import type { Identified } from "#server/api/identify.ts";
import { refuseUnkeepable } from "#server/api/keepable.ts";
import { sendJson } from "#server/api/respond.ts";
import type { RequestOrigin } from "#server/auth/actor.ts";
import { HubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";
import { normaliseUserName } from "#server/servers/names.ts";
import { authoriseRoute } from "./authorise.ts";
import { decodedSegment, findRoute, type RestAnswer, type RestCall, type RestRoute } from "./route.ts";
import { routes } from "./routes.ts";

export type RestContext = { readonly identified: Identified; readonly origin: RequestOrigin };

const maxBodyBytes = 1024 * 1024;

/** JupyterHub's REST API: its paths, models and status codes. Both `/hub/api` and `/hub/api/` answer, and nothing redirects. */
export async function handleRest(
  hub: Hub,
  ctx: RestContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", search = ""] = splitOnce(request.url ?? "/");
  const inside = /^\/hub\/api(?:\/(.*?))?\/?$/.exec(path)?.[1];
  const found = /^\/hub\/api(?:\/|$)/.test(path)
    ? findRoute(routes, request.method ?? "GET", `/${inside ?? ""}`)
    : null;
  if (found === null) throw new HubError("not-found", "There is nothing at this address.");
  if (!("route" in found)) {
    response.setHeader("allow", [...new Set(found)].join(", "));
    return sendJson(response, 405, { status: 405, message: `This address knows ${found.join(", ")} only.` });
  }
  const { route, params } = found;
  const call = callFor({ hub, ctx, request, response, search }, params);
  if (route.method !== "GET") requireJson(route, call);
  refuseUnkeepable(Object.fromEntries(call.query));
  await authoriseRoute(route, call);
  write(response, await route.handle(call));
}

function splitOnce(url: string): readonly string[] {
  const at = url.indexOf("?");
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

type Parts = {
  readonly hub: Hub;
  readonly ctx: RestContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly search: string;
};

function callFor({ hub, ctx, request, response, search }: Parts, params: ReadonlyMap<string, string>): RestCall {
  const { identified, origin } = ctx;
  return {
    hub,
    identified,
    origin,
    request,
    response,
    verb: hub.contextFor(identified.actor, origin),
    query: new URLSearchParams(search),
    param: (name) => {
      const text = decodedSegment(params.get(name) ?? "");
      refuseUnkeepable(text);
      return name === "user" ? normaliseUserName(text) : text;
    },
    body: () => objectIn(request),
  };
}

/** A form of another site can't send JSON: the second lock behind the look at Origin, as in JupyterHub (apihandlers/base.py). */
function requireJson(route: RestRoute, { identified, request }: RestCall): void {
  if (identified.credential !== "cookie" || route.takes === "client") return;
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  if (!hasBody || request.headers["content-length"] === "0") return;
  if (/^application\/json\b/i.test(request.headers["content-type"] ?? "")) return;
  throw new HubError("forbidden", "With a login cookie only application/json is taken here.");
}

async function objectIn(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const text = await readBody(request, maxBodyBytes);
  if (text === undefined) throw new HubError("invalid", "The body is too long, or no UTF-8.");
  if (text.trim() === "") return {};
  const value = parsed(text);
  if (value === null) return {};
  refuseUnkeepable(value);
  if (typeof value !== "object" || Array.isArray(value)) throw new HubError("invalid", "The body isn't a JSON object.");
  return value as Readonly<Record<string, unknown>>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HubError("invalid", "The body isn't valid JSON.");
  }
}

function write(response: ServerResponse, answer: RestAnswer): void {
  if ("written" in answer) return;
  if ("empty" in answer) {
    response.writeHead(answer.status, answer.headers);
    response.end();
    return;
  }
  response.writeHead(answer.status, { "content-type": answer.contentType ?? "application/json" });
  response.end(JSON.stringify(answer.json));
}
