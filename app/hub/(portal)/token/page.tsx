import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { Tokens } from "./tokens.tsx";

export const metadata = { title: t("token.title") };

export default async function TokenPage() {
  const { name } = await requireMe();
  await prefetch((trpc) => trpc.tokens.list.queryOptions());
  return (
    <Prefetched>
      <Tokens userName={name} />
    </Prefetched>
  );
}
