import type { IncomingMessage, ServerResponse } from "node:http";
import type { Described } from "#server/edge/failure.ts";
import { type Brand, failurePage, lookOf } from "#server/edge/pages.ts";
import { headerOf } from "./identify.ts";

type Refused = { readonly status: number; readonly code: string; readonly message: string; readonly requestId: string };

const home = { label: "My servers", href: "/hub/home" };

/** People come to `/hub/enter` by a link: what stops them there is a page with a way out, unless a program asked. */
export function wantsEnterPage(request: IncomingMessage): boolean {
  const path = (request.url ?? "/").split("?", 1)[0];
  return path === "/hub/enter" && (headerOf(request, "accept") ?? "").includes("text/html");
}

export function sendEnterPage(
  response: ServerResponse,
  { status, code, message, requestId }: Refused,
  brand: Brand,
): void {
  const look = lookOf(brand);
  const described: Described = {
    status,
    code,
    title: status === 404 ? "Nothing here for you" : "This server can't be opened just now",
    sentence: message,
    actions: [home],
    retryAfterSeconds: null,
  };
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": look.securityPolicy,
    "referrer-policy": "no-referrer",
  });
  response.end(failurePage(described, requestId, "", look));
}
