import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { MyGroups } from "./my-groups.tsx";

export const metadata = { title: t("groups.title") };

export default async function GroupsPage() {
  await requireMe();
  await prefetch((trpc) => trpc.groups.mine.queryOptions());
  return (
    <Prefetched>
      <MyGroups />
    </Prefetched>
  );
}
