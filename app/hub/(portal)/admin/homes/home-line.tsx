"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { problemText } from "#app/_components/problem.tsx";
import { Cell } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { bytesText } from "#app/_format/amount.ts";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { HomeLine as Home } from "#server/api/answers.ts";
import { DeleteHome } from "./delete-home.tsx";
import type { DeletedHome } from "./just-deleted.tsx";

type Props = {
  readonly home: Home;
  /** What was deleted just now; null when it was brought back. */
  onChanged(deleted: DeletedHome | null): void;
};

export function HomeLine({ home, onChanged }: Props) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const undo = useMutation(
    trpc.homes.undoDelete.mutationOptions({
      onSuccess: async () => {
        onChanged(null);
        await queryClient.invalidateQueries({ queryKey: trpc.homes.list.queryKey() });
      },
    }),
  );
  const names = { name: home.name, owner: home.owner };
  return (
    <tr>
      <Cell className="font-medium">
        {home.owner}
        <span className="block text-xs font-normal text-muted sm:hidden">{home.name}</span>
        <Note home={home} />
      </Cell>
      <Cell wide>
        {home.name}
        {home.group !== null && <span className="block text-xs text-muted">{home.group}</span>}
      </Cell>
      <Cell>
        {home.usedBytes === null
          ? t("members.home.unknown", { capacity: bytesText(home.capacityBytes) })
          : t("members.home", { used: bytesText(home.usedBytes), capacity: bytesText(home.capacityBytes) })}
      </Cell>
      <Cell wide className="whitespace-nowrap">
        {home.lastUsedAt === null ? t("never") : <Ago date={home.lastUsedAt} />}
      </Cell>
      <Cell className="text-right">
        {home.deletedAt === null ? (
          <Button size="small" aria-label={t("homes.delete.label", names)} onClick={() => setDeleting(true)}>
            {t("homes.delete")}
          </Button>
        ) : (
          <Button
            size="small"
            aria-label={t("homes.undo.label", names)}
            disabled={undo.isPending}
            onClick={() => undo.mutate({ id: home.id })}
          >
            {t("homes.undo")}
          </Button>
        )}
        {undo.error !== null && (
          <p role="alert" className="max-w-56 text-left text-sm text-danger">
            {problemText(undo.error)}
          </p>
        )}
        <DeleteHome
          home={home}
          open={deleting}
          onClose={() => setDeleting(false)}
          onDeleted={(removeAfter) => onChanged({ id: home.id, ...names, removeAfter })}
        />
      </Cell>
    </tr>
  );
}

function Note({ home: { orphanedAt, deletedAt, removeAfter } }: { readonly home: Home }) {
  const note =
    deletedAt !== null && removeAfter !== null
      ? t("homes.deleted", { date: dateText(removeAfter) })
      : orphanedAt !== null
        ? t("homes.orphaned", { date: dateText(orphanedAt) })
        : null;
  return note === null ? null : <span className="block text-xs font-normal text-warn">{note}</span>;
}
