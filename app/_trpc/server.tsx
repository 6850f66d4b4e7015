import {
  dehydrate,
  HydrationBoundary,
  type QueryClient,
  type QueryFunction,
  type QueryKey,
} from "@tanstack/react-query";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache, type ReactNode } from "react";
import superjson from "superjson";
import { fetch as undiciFetch } from "undici";
import type { AppRouter } from "#server/api/root.ts";
import type { MeView } from "#server/api/views.ts";
import { agentFor, originFor, repeatedOnce } from "#server/web/ask-hub.ts";
import { noteHubAway } from "#server/web/hub-away.ts";
import { webSettings } from "#server/web/settings.ts";
import { createQueryClient } from "./query-client.ts";

/** The hub as the person asking sees it: their cookie goes along, this process has no right of its own. */
const hubForRequest = cache(async () => {
  const { hubApi } = webSettings();
  const incoming = await headers();
  const requestId = incoming.get("x-request-id") ?? "";
  const forwarded = ["cookie", "x-forwarded-for", "x-request-id"].flatMap((name) => {
    const value = incoming.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: `${originFor(hubApi)}/api/trpc`,
        transformer: superjson,
        fetch: async (url, options) => {
          const ask = () =>
            undiciFetch(String(url), {
              method: options?.method ?? "GET",
              headers: Object.fromEntries(forwarded),
              dispatcher: agentFor(hubApi),
            });
          const response = await repeatedOnce(ask).catch((error: unknown) => {
            noteHubAway(requestId);
            throw error;
          });
          if (response.status === 503) noteHubAway(requestId);
          return { ok: response.ok, status: response.status, json: () => response.json() };
        },
      }),
    ],
  });
});

const requestQueryClient = cache((): QueryClient => createQueryClient());

/** Reads ahead for a page: `await prefetch((trpc) => trpc.servers.list.queryOptions({}))`. A failure is left to the page. */
export async function prefetch(
  optionsOf: (trpc: ReturnType<typeof createTRPCOptionsProxy<AppRouter>>) => {
    readonly queryKey: QueryKey;
    readonly queryFn?: unknown;
  },
): Promise<void> {
  const queryClient = requestQueryClient();
  const trpc = createTRPCOptionsProxy<AppRouter>({ client: await hubForRequest(), queryClient });
  const { queryKey, queryFn } = optionsOf(trpc);
  await queryClient.prefetchQuery({ queryKey, queryFn: queryFn as QueryFunction, retry: false });
}

export function Prefetched({ children }: { readonly children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(requestQueryClient())}>{children}</HydrationBoundary>;
}

/** Who is logged in; nobody → the login page, which comes back here. The hub decides, from its database. */
export const requireMe = cache(async (): Promise<MeView> => {
  const me = await currentMe();
  if (me !== null) return me;
  redirect(`/hub/login?next=${encodeURIComponent(await currentPath())}`);
});

/** What stands in the address bar: Next adds a parameter of its own when it fetches a page's data. */
async function currentPath(): Promise<string> {
  const url = new URL((await headers()).get("x-berth-path") ?? "/hub/home", "http://portal");
  url.searchParams.delete("_rsc");
  return url.pathname + url.search;
}

/** Next tells the browser an error's own digest and keeps the rest back: what people read out is then the id in the logs. */
async function withRequestId(error: unknown): Promise<unknown> {
  const requestId = (await headers()).get("x-request-id");
  return error instanceof Error && requestId !== null ? Object.assign(error, { digest: requestId }) : error;
}

export const currentMe = cache(async (): Promise<MeView | null> => {
  const hub = await hubForRequest();
  return await hub.me.get.query().catch(async (error: unknown) => {
    const typed = error instanceof TRPCClientError ? (error as TRPCClientError<AppRouter>) : null;
    if (typed?.data?.hubCode === "unauthenticated") return null;
    throw await withRequestId(error);
  });
});
