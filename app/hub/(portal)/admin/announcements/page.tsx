import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { AnnouncementList } from "./announcement-list.tsx";
import { newsPageSize } from "./news.ts";

export const metadata = { title: t("admin.news.title") };

export default async function AnnouncementsPage() {
  await prefetch((trpc) => trpc.announcements.list.queryOptions({ page: 1, pageSize: newsPageSize + 1 }));
  return (
    <Prefetched>
      <AnnouncementList />
    </Prefetched>
  );
}
