import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { UsageOverview } from "./usage-overview.tsx";

export const metadata = { title: t("adminUsage.title") };

export default async function UsageOverviewPage() {
  await prefetch((trpc) => trpc.usage.overview.queryOptions({ days: 30, by: "group", page: 1, pageSize: 25 }));
  return (
    <Prefetched>
      <UsageOverview />
    </Prefetched>
  );
}
