import type { IncomingMessage } from "node:http";
import { headerOf } from "#server/api/identify.ts";
import { HubError } from "#server/errors.ts";
import type { RestAnswer, RestCall } from "./route.ts";

const paginationType = "application/jupyterhub-pagination+json";
const defaultLimit = 50;
const mostAtOnce = 200;

export type PageQuestion = { readonly offset: number; readonly limit: number; readonly paginated: boolean };

/** A client that asks for pages gets them; one that doesn't gets a plain list, cut where JupyterHub cuts it (`api_page_max_limit`). */
export function pageAsked({ query, request }: Pick<RestCall, "query" | "request">): PageQuestion {
  const paginated = (request.headers.accept ?? "").includes(paginationType);
  const limit = wholeNumber(query, "limit") ?? (paginated ? defaultLimit : mostAtOnce);
  if (limit < 1) throw new HubError("invalid", "“limit” is at least 1.");
  return { offset: wholeNumber(query, "offset") ?? 0, limit: Math.min(limit, mostAtOnce), paginated };
}

function wholeNumber(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^\d{1,9}$/.test(text)) throw new HubError("invalid", `“${name}” is a whole number.`);
  return Number(text);
}

export function pageAnswer(
  { request, query }: Pick<RestCall, "query" | "request">,
  { offset, limit, paginated }: PageQuestion,
  { items, total }: { readonly items: readonly unknown[]; readonly total: number },
): RestAnswer {
  if (!paginated) return { status: 200, json: items };
  const after = offset + limit;
  const next = after < total ? { offset: after, limit, url: urlOf(request, query, after, limit) } : null;
  return {
    status: 200,
    json: { items, _pagination: { offset, limit, total, next } },
    contentType: paginationType,
  };
}

/**
 * As the client itself reached us: it follows this address with its token, and one inside the cluster may not reach the public one. What
 * it forges it is told itself.
 */
function urlOf(request: IncomingMessage, query: URLSearchParams, offset: number, limit: number): string {
  const scheme = headerOf(request, "x-forwarded-proto") ?? "http";
  const host = headerOf(request, "x-forwarded-host") ?? request.headers.host ?? "localhost";
  const wanted = new URLSearchParams(query);
  wanted.set("offset", String(offset));
  wanted.set("limit", String(limit));
  return `${scheme}://${host}${(request.url ?? "/").split("?", 1)[0]}?${wanted}`;
}
