"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "#app/_components/button.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

/** The way back from a deletion, while there is one. */
export function DeletedGroups() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const deleted = useQuery(trpc.groups.deleted.queryOptions({ search: "" }));
  const undo = useMutation(
    trpc.groups.undoDelete.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries({ queryKey: trpc.groups.deleted.queryKey() });
        await queryClient.invalidateQueries({ queryKey: trpc.groups.list.queryKey() });
      },
    }),
  );
  if (deleted.data === undefined || deleted.data.total === 0) return null;
  return (
    <section aria-labelledby="deleted" className="space-y-3">
      <h2 id="deleted" className="text-lg font-semibold">
        {t("groups.deleted")}
      </h2>
      {undo.error !== null && <Problem error={undo.error} />}
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface text-sm">
        {deleted.data.items.map(({ id, name, undoUntil }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-3 px-4 py-2">
            <span>
              <span className="font-medium">{name}</span>
              {undoUntil !== null && (
                <span className="ml-3 text-muted">{t("groups.deleted.until", { date: dateText(undoUntil) })}</span>
              )}
            </span>
            <Button
              size="small"
              aria-label={t("groups.undo.label", { group: name })}
              disabled={undo.isPending}
              onClick={() => undo.mutate({ id })}
            >
              {t("groups.undo")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
