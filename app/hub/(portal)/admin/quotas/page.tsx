import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { QuotaTable } from "./quota-table.tsx";

export const metadata = { title: t("admin.quotas") };

export default async function QuotaTablePage() {
  await prefetch((trpc) => trpc.quotas.overview.queryOptions({ search: "", sort: "name", page: 1, pageSize: 25 }));
  return (
    <Prefetched>
      <QuotaTable />
    </Prefetched>
  );
}
