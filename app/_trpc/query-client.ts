import { defaultShouldDehydrateQuery, QueryClient } from "@tanstack/react-query";
import { TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "#server/api/root.ts";

/** Longer, with the pauses below, than a hub or its database takes to be replaced. */
const triesWhileAway = 4;

/**
 * `away`: nobody answered, or the hub said that it can't just now. Whatever was asked may be asked again: every verb is idempotent.
 * `refused`: the hub answered, and would answer the same again.
 */
function kindOf(error: unknown): "away" | "refused" | "unclear" {
  if (!(error instanceof TRPCClientError)) return "unclear";
  const { data } = error as TRPCClientError<AppRouter>;
  if (data === undefined || data === null || data.hubCode === "unavailable") return "away";
  return data.hubCode === "internal" ? "unclear" : "refused";
}

const triesOfQuery = { away: triesWhileAway, refused: 0, unclear: 1 } as const;

export const retryPauseMs = (failures: number) => Math.min(8000, 1000 * 2 ** failures);
export const retriesQuery = (failures: number, error: unknown) => failures < triesOfQuery[kindOf(error)];
export const retriesMutation = (failures: number, error: unknown) =>
  kindOf(error) === "away" && failures < triesWhileAway;

/** Dates survive the way from the server's render to the browser. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 5_000, retry: retriesQuery, retryDelay: retryPauseMs, refetchOnWindowFocus: true },
      mutations: { retry: retriesMutation, retryDelay: retryPauseMs },
      dehydrate: { serializeData: superjson.serialize, shouldDehydrateQuery: defaultShouldDehydrateQuery },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}
