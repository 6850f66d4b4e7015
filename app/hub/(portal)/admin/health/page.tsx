import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { Health } from "./health.tsx";

export const metadata = { title: t("health.title") };

export default async function HealthPage() {
  const me = await requireMe();
  await prefetch((trpc) => trpc.hub.checks.queryOptions());
  return (
    <Prefetched>
      <Health version={me.hub.version} />
    </Prefetched>
  );
}
