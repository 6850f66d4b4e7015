"use client";

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { HeadCell, Table } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { Announcement } from "#server/api/answers.ts";
import { OlderNewer } from "../older-newer.tsx";
import { AnnouncementForm } from "./announcement-form.tsx";
import { AnnouncementLine } from "./announcement-line.tsx";
import { newsPageSize } from "./news.ts";

export function AnnouncementList() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [page, setPage] = useState(1);
  const [editing, setEditing] = useState<Announcement | "new" | null>(null);
  const [leaving, setLeaving] = useState<Announcement | null>(null);
  // One more than is shown says whether there is a next page.
  const news = useQuery({
    ...trpc.announcements.list.queryOptions({ page, pageSize: newsPageSize + 1 }),
    placeholderData: keepPreviousData,
  });
  const refresh = async () => {
    await queryClient.invalidateQueries({ queryKey: trpc.announcements.list.queryKey() });
    await queryClient.invalidateQueries({ queryKey: trpc.announcements.current.queryKey() });
  };
  const remove = useMutation(
    trpc.announcements.delete.mutationOptions({
      onSuccess: async () => {
        setLeaving(null);
        await refresh();
      },
    }),
  );
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <PageTitle>{t("admin.news.title")}</PageTitle>
          <p className="mt-1 text-sm text-muted">{t("admin.news.text")}</p>
        </div>
        <Button look="primary" onClick={() => setEditing("new")}>
          {t("admin.news.new")}
        </Button>
      </div>
      {news.error !== null && <Problem error={news.error} retry={() => void news.refetch()} />}
      {news.data === undefined
        ? news.error === null && <Skeleton className="h-64" />
        : shown(news.data, { onEdit: setEditing, onDelete: setLeaving })}
      {news.data !== undefined && (
        <OlderNewer
          label={t("admin.news.list")}
          newer={page > 1 ? () => setPage(page - 1) : null}
          older={news.data.length > newsPageSize ? () => setPage(page + 1) : null}
        />
      )}
      <AnnouncementForm editing={editing} onDone={() => setEditing(null)} onSaved={refresh} />
      <Dialog
        open={leaving !== null}
        onOpenChange={(open) => !open && setLeaving(null)}
        title={t("admin.news.delete.title")}
        description={t("admin.news.delete.text", { message: leaving?.message ?? "" })}
      >
        {remove.error !== null && <Problem error={remove.error} />}
        <DialogButtons>
          <Button onClick={() => setLeaving(null)}>{t("cancel")}</Button>
          <Button
            look="danger"
            disabled={remove.isPending}
            onClick={() => leaving !== null && remove.mutate({ id: leaving.id })}
          >
            {t("admin.news.delete")}
          </Button>
        </DialogButtons>
      </Dialog>
    </div>
  );
}

type Actions = { onEdit(news: Announcement): void; onDelete(news: Announcement): void };

function shown(all: readonly Announcement[], actions: Actions) {
  if (all.length === 0) return <p className="text-sm text-muted">{t("admin.news.none")}</p>;
  return (
    <Table
      label={t("admin.news.list")}
      head={
        <>
          <HeadCell>{t("admin.news.message")}</HeadCell>
          <HeadCell wide>{t("admin.news.state")}</HeadCell>
          <HeadCell wide>{t("admin.news.for")}</HeadCell>
          <HeadCell>
            <span className="sr-only">{t("actions")}</span>
          </HeadCell>
        </>
      }
    >
      {all.slice(0, newsPageSize).map((one) => (
        <AnnouncementLine key={one.id} news={one} {...actions} />
      ))}
    </Table>
  );
}
