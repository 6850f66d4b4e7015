import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { GroupTable } from "./group-table.tsx";

export const metadata = { title: t("groups.title") };

export default async function GroupTablePage() {
  await prefetch((trpc) => trpc.groups.list.queryOptions({ search: "", page: 1, pageSize: 25 }));
  return (
    <Prefetched>
      <GroupTable />
    </Prefetched>
  );
}
