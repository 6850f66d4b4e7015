import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { GroupPage } from "./group-page.tsx";

export const metadata = { title: t("groups.title") };

export default async function OneGroupPage({ params }: { readonly params: Promise<{ readonly name: string }> }) {
  await requireMe();
  const group = decodeURIComponent((await params).name);
  await Promise.all([
    prefetch((trpc) => trpc.groups.get.queryOptions({ group })),
    prefetch((trpc) => trpc.quotas.get.queryOptions({ group })),
    prefetch((trpc) => trpc.groups.requests.queryOptions({ group, decision: "waiting" })),
  ]);
  return (
    <Prefetched>
      <GroupPage name={group} />
    </Prefetched>
  );
}
