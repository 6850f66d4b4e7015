"use client";

import { useEffect, useState } from "react";
import { type HubProblem, problemOf, useTRPCClient } from "#app/_trpc/client.tsx";
import type { ProgressView } from "#server/api/views.ts";

export type ProgressFeed =
  | { readonly kind: "connecting" }
  /** `lost`: what is shown may be old; the feed is being taken up again. */
  | { readonly kind: "live" | "lost"; readonly progress: ProgressView; readonly receivedMs: number }
  | { readonly kind: "refused"; readonly problem: HubProblem };

/** Answers that asking again won't change. */
const finalCodes: readonly string[] = ["unauthenticated", "forbidden", "not-found", "invalid"];

function pauseBeforeRetryMs(failures: number): number {
  return Math.min(10_000, 500 * 2 ** Math.min(failures, 5));
}

/**
 * A start as it goes, by SSE. The browser takes up a cut stream by itself, but gives up for good on an answer that isn't one (the
 * edge's 503 while the hub restarts): then it is opened anew, later each time.
 */
export function useProgress(server: { readonly user: string; readonly name: string }, attempt: number): ProgressFeed {
  const client = useTRPCClient();
  const [feed, setFeed] = useState<ProgressFeed>({ kind: "connecting" });
  const { user, name } = server;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks for a new stream after a new start
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop: (() => void) | undefined;
    let failures = 0;
    const lost = () => setFeed((before) => (before.kind === "live" ? { ...before, kind: "lost" } : before));
    const open = () => {
      const subscription = client.servers.progress.subscribe(
        { user, name },
        {
          onData: (progress) => {
            failures = 0;
            setFeed({ kind: "live", progress, receivedMs: performance.now() });
          },
          onConnectionStateChange: ({ state }) => state === "connecting" && lost(),
          onError: (error) => {
            const problem = problemOf(error);
            if (problem !== null && finalCodes.includes(problem.code)) return setFeed({ kind: "refused", problem });
            lost();
            timer = setTimeout(open, pauseBeforeRetryMs(failures++));
          },
        },
      );
      stop = () => subscription.unsubscribe();
    };
    open();
    return () => {
      clearTimeout(timer);
      stop?.();
    };
  }, [client, user, name, attempt]);
  return feed;
}
