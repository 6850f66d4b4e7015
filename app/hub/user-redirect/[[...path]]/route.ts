import type { NextRequest } from "next/server";
import { currentMe } from "#app/_trpc/server.tsx";
import { userRedirectTarget } from "./target.ts";

/** `/hub/user-redirect/lab/tree/x.ipynb`: the same link for everybody, each to their own server. */
export async function GET(request: NextRequest): Promise<Response> {
  const raw = request.headers.get("x-berth-path") ?? request.nextUrl.pathname;
  const me = await currentMe();
  const location = me === null ? `/hub/login?next=${encodeURIComponent(raw)}` : userRedirectTarget(raw, me.name);
  return new Response(null, { status: 302, headers: { location } });
}
