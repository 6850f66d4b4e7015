"use client";

import { QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, TRPCClientError } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import superjson from "superjson";
import type { AppRouter } from "#server/api/root.ts";
import type { HubErrorCode } from "#server/errors.ts";
import { createQueryClient } from "./query-client.ts";

const context = createTRPCContext<AppRouter>();
export const { useTRPC, useTRPCClient } = context;

const url = "/api/trpc";

function createBrowserClient() {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({ url, transformer: superjson }),
        false: httpBatchLink({ url, transformer: superjson, maxURLLength: 2000 }),
      }),
    ],
  });
}

export function TrpcProvider({ children }: { readonly children: ReactNode }) {
  const [queryClient] = useState(createQueryClient);
  const [trpcClient] = useState(createBrowserClient);
  return (
    <QueryClientProvider client={queryClient}>
      <context.TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  );
}

export type HubProblem = {
  readonly code: HubErrorCode;
  readonly message: string;
  readonly requestId: string | null;
  /** The part of the input it is about; null: all of it. */
  readonly field: string | null;
};

/** What the hub said, or that it said nothing. The code decides what a page does, never the text. */
export function problemOf(error: unknown): HubProblem | null {
  if (!(error instanceof TRPCClientError)) return null;
  const typed = error as TRPCClientError<AppRouter>;
  if (typed.data === undefined || typed.data === null)
    return { code: "unavailable", message: "", requestId: null, field: null };
  const { hubCode, requestId, detail } = typed.data;
  const field = typeof detail.field === "string" ? detail.field : null;
  return { code: hubCode, message: typed.message, requestId, field };
}
