"use client";

import { Button } from "#app/_components/button.tsx";
import { Cell } from "#app/_components/table.tsx";
import { useNow } from "#app/_components/time.tsx";
import { localText } from "#app/_format/local-time.ts";
import { t } from "#app/_text/t.ts";
import type { Announcement } from "#server/api/answers.ts";
import { Tag } from "../tag.tsx";
import { newsStateOf } from "./news.ts";

type Props = {
  readonly news: Announcement;
  onEdit(news: Announcement): void;
  onDelete(news: Announcement): void;
};

export function AnnouncementLine({ news, onEdit, onDelete }: Props) {
  const now = useNow(30_000) ?? new Date();
  const state = t(`admin.news.state.${newsStateOf(news, now)}`);
  const group = news.group ?? t("admin.news.everybody");
  const until = news.endsAt === null ? t("admin.news.open") : localText(news.endsAt);
  return (
    <tr>
      <Cell className="min-w-44 break-words">
        {news.message}
        {news.severity === "warning" && <Tag>{t("admin.news.severity.warning")}</Tag>}
        <span suppressHydrationWarning className="mt-0.5 block text-xs text-muted sm:hidden">
          {`${state} · ${group}`}
        </span>
        <span suppressHydrationWarning className="mt-0.5 block text-xs text-muted">
          {`${localText(news.startsAt)} – ${until}`}
        </span>
      </Cell>
      <Cell wide className="whitespace-nowrap">
        <span suppressHydrationWarning>{state}</span>
      </Cell>
      <Cell wide>{group}</Cell>
      <Cell className="text-right">
        <div className="flex flex-wrap justify-end gap-1">
          <Button
            size="small"
            aria-label={t("admin.news.edit.label", { message: news.message })}
            onClick={() => onEdit(news)}
          >
            {t("admin.news.edit")}
          </Button>
          <Button
            size="small"
            aria-label={t("admin.news.delete.label", { message: news.message })}
            onClick={() => onDelete(news)}
          >
            {t("admin.news.delete")}
          </Button>
        </div>
      </Cell>
    </tr>
  );
}
