import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { MyServers } from "./my-servers.tsx";

export const metadata = { title: t("home.title") };

export default async function HomePage() {
  const me = await requireMe();
  await prefetch((trpc) => trpc.servers.list.queryOptions({ user: me.name }));
  return (
    <Prefetched>
      <MyServers me={me} />
    </Prefetched>
  );
}
