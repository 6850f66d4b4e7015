"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "#app/_components/button.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

export type DeletedHome = {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly removeAfter: Date;
};

/** The way back right after a deletion, also where the list no longer shows the home. */
export function JustDeleted({ home, onDone }: { readonly home: DeletedHome; onDone(): void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const undo = useMutation(
    trpc.homes.undoDelete.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries({ queryKey: trpc.homes.list.queryKey() });
        onDone();
      },
    }),
  );
  return (
    <>
      <Notice kind="ok" live>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p>{t("admin.homes.deleted", { name: home.name, owner: home.owner, date: dateText(home.removeAfter) })}</p>
          <Button size="small" disabled={undo.isPending} onClick={() => undo.mutate({ id: home.id })}>
            {t("admin.homes.undo")}
          </Button>
        </div>
      </Notice>
      {undo.error !== null && <Problem error={undo.error} />}
    </>
  );
}
