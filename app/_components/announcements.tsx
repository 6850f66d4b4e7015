"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { Button } from "./button.tsx";
import { Notice } from "./notice.tsx";

const askAgainMs = 120_000;

/** What admins have to say now. Read with the page, so nothing moves when it comes; where it can't be read, nothing is said. */
export function Announcements() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const current = useQuery(
    trpc.announcements.current.queryOptions(undefined, { refetchInterval: askAgainMs, retry: false }),
  );
  const queryKey = trpc.announcements.current.queryKey();
  const dismiss = useMutation(
    trpc.announcements.dismiss.mutationOptions({
      onMutate: ({ id }) => queryClient.setQueryData(queryKey, (known) => known?.filter((one) => one.id !== id)),
      onSettled: () => queryClient.invalidateQueries({ queryKey }),
    }),
  );
  if (current.data === undefined || current.data.length === 0) return null;
  return (
    <section aria-label={t("news.label")} className="space-y-2">
      {current.data.map(({ id, message, severity, dismissible }) => (
        <Notice key={id} kind={severity === "warning" ? "warn" : "info"}>
          <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
            <p className="min-w-0 break-words whitespace-pre-line">{message}</p>
            {dismissible && (
              <Button
                size="small"
                aria-label={t("news.dismiss.label", { message })}
                onClick={() => dismiss.mutate({ id })}
              >
                {t("news.dismiss")}
              </Button>
            )}
          </div>
        </Notice>
      ))}
    </section>
  );
}
