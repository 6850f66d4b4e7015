"use client";

import { useQuery } from "@tanstack/react-query";
import { sinceText } from "#app/_format/local-time.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { Notice } from "./notice.tsx";
import { useNow } from "./time.tsx";

const askAgainMs = 20_000;

/** Says since when the cluster hasn't answered, for as long as it doesn't (F-04). Where that can't be read, nothing is said. */
export function BackendAway() {
  const trpc = useTRPC();
  const now = useNow(60_000);
  const state = useQuery(trpc.hub.backend.queryOptions(undefined, { refetchInterval: askAgainMs, retry: false }));
  const { awaySince, backend } = state.data ?? { awaySince: null, backend: "local" };
  if (awaySince === null) return null;
  return (
    <Notice kind="warn" live>
      <p>{t(`backend.away.${backend}`, { time: sinceText(awaySince, now) })}</p>
    </Notice>
  );
}
