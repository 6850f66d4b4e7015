import type { NextRequest } from "next/server";

/** Where JupyterHub's proxy used to send requests for a stopped server; old links still point here. */
export function GET(request: NextRequest): Response {
  const raw = request.headers.get("x-berth-path") ?? request.nextUrl.pathname;
  return new Response(null, { status: 302, headers: { location: raw.replace(/^\/hub/, "") } });
}
