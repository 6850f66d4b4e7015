"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { bytesText } from "#app/_format/amount.ts";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { DeletionPreview } from "#server/api/group-views.ts";
import { Section } from "./section.tsx";

/** What happens is said before it does; the list of groups offers to undo it. */
export function DeleteGroup({ group }: { readonly group: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const preview = useQuery({ ...trpc.groups.deletionPreview.queryOptions({ group }), enabled: asking, staleTime: 0 });
  // The pages that come next may have been read a moment ago: this group was in another list then.
  const forget = async () => {
    await queryClient.invalidateQueries({ queryKey: trpc.groups.pathKey(), refetchType: "none" });
    router.push("/hub/admin/groups");
  };
  const remove = useMutation(trpc.groups.delete.mutationOptions({ onSuccess: forget }));
  const error = remove.error ?? preview.error;
  return (
    <Section title={t("groupDelete.title")} text={t("groupDelete.text")}>
      <Button onClick={() => setAsking(true)}>{t("groupDelete.open")}</Button>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={t("groupDelete.ask", { group })}
        description={t("groupDelete.text")}
      >
        {error !== null && <Problem error={error} />}
        {preview.data === undefined ? error === null && <Skeleton className="h-28" /> : <What preview={preview.data} />}
        <DialogButtons>
          <Button onClick={() => setAsking(false)}>{t("cancel")}</Button>
          <Button
            look="danger"
            disabled={preview.data === undefined || remove.isPending || remove.isSuccess}
            onClick={() => remove.mutate({ group })}
          >
            {t("groupDelete.submit")}
          </Button>
        </DialogButtons>
      </Dialog>
    </Section>
  );
}

const namesShown = 10;

function What({ preview: { members, runningServers, homes, undoUntil } }: { readonly preview: DeletionPreview }) {
  const names = runningServers.named
    .slice(0, namesShown)
    .map(({ ownerName, name }) => (name === "" ? ownerName : `${ownerName}/${name}`))
    .join(", ");
  return (
    <ul className="list-disc space-y-1 pl-5 text-sm">
      <li>{t("groupDelete.members", { count: members })}</li>
      <li>
        {runningServers.total === 0
          ? t("groupDelete.servers.none")
          : t("groupDelete.servers", {
              count: runningServers.total,
              names: runningServers.total > namesShown ? `${names}, …` : names,
            })}
      </li>
      <li>{t("groupDelete.homes", { count: homes.total, size: bytesText(homes.usedBytes) })}</li>
      <li>{t("groupDelete.undo", { date: dateText(undoUntil) })}</li>
    </ul>
  );
}
