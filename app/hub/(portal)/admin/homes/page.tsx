import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { HomeTable } from "./home-table.tsx";

export const metadata = { title: t("homes.title") };

export default async function HomeTablePage() {
  await prefetch((trpc) =>
    trpc.homes.list.queryOptions({ search: "", state: null, sort: "owner", page: 1, pageSize: 25 }),
  );
  return (
    <Prefetched>
      <HomeTable />
    </Prefetched>
  );
}
