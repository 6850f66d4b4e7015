import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identified } from "#server/api/identify.ts";
import type { RequestOrigin } from "#server/auth/actor.ts";
import type { ScopeName } from "#server/auth/scopes.ts";
import { HubError } from "#server/errors.ts";
import type { Hub } from "#server/hub.ts";
import type { VerbContext } from "#server/verb-context.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a handler gets: only to parse it and to call a verb. */
export type RestCall = {
  readonly hub: Hub;
  readonly verb: VerbContext;
  readonly identified: Identified;
  readonly origin: RequestOrigin;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** A segment of the path, decoded once. */
  param(name: string): string;
  /** The JSON of the body; `{}` when there is none. */
  body(): Promise<Readonly<Record<string, unknown>>>;
};

export type RestAnswer =
  | { readonly status: number; readonly json: unknown; readonly contentType?: string }
  | { readonly status: number; readonly empty: true; readonly headers?: Readonly<Record<string, string>> }
  /** The handler wrote to the response itself. */
  | { readonly written: true };

export type RestRoute = {
  readonly method: Method;
  /** Below `/hub/api`; `:name` stands for one segment. */
  readonly path: string;
  /** What it takes: a scope, somebody who is known (`token`), a browser that is logged in (`session`), a server's own token (`client`), or nothing. */
  readonly takes: ScopeName | "token" | "session" | "client" | "nothing";
  /** One line for docs/rest-api.md. */
  readonly does: string;
  readonly handle: (call: RestCall) => Promise<RestAnswer> | RestAnswer;
};

export const json = (status: number, value: unknown): RestAnswer => ({ status, json: value });
export const empty = (status: number): RestAnswer => ({ status, empty: true });

/** JupyterHub answers 202 with an empty text, and clients look at its type. */
export const pending: RestAnswer = { status: 202, empty: true, headers: { "content-type": "text/plain" } };

type Found = { readonly route: RestRoute; readonly params: ReadonlyMap<string, string> };

/** The route of a request; the methods there are when the path is known under others; `null` for no such path. */
export function findRoute(
  routes: readonly RestRoute[],
  method: string,
  path: string,
): Found | readonly Method[] | null {
  const segments = segmentsOf(path);
  const here = routes.flatMap((route) => {
    const params = match(route.path, segments);
    return params === null ? [] : [{ route, params }];
  });
  const wanted = method === "HEAD" ? "GET" : method;
  const found = here.find(({ route }) => route.method === wanted);
  if (found !== undefined) return found;
  return here.length === 0 ? null : here.map(({ route }) => route.method);
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").filter((segment, index) => index > 0 || segment !== "");
}

function match(pattern: string, segments: readonly string[]): ReadonlyMap<string, string> | null {
  const wanted = segmentsOf(pattern);
  if (wanted.length !== segments.length) return null;
  const params = new Map<string, string>();
  for (const [index, part] of wanted.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith(":") && segment !== "") params.set(part.slice(1), segment);
    else if (part !== segment) return null;
  }
  return params;
}

/** A name is one segment, whatever is in it: `a%2Fb` is the user `a/b`. */
export function decodedSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HubError("invalid", "This address holds bytes that are no UTF-8.");
  }
}
