import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { listStateOf } from "../list-state.ts";
import { userPageSize, userSorts } from "./sorts.ts";
import { UserTable } from "./user-table.tsx";

export const metadata = { title: t("users.title") };

type Props = { readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>> };

export default async function UsersPage({ searchParams }: Props) {
  const state = listStateOf(await searchParams, userSorts);
  await prefetch((trpc) => trpc.users.list.queryOptions({ ...state, pageSize: userPageSize }));
  return (
    <Prefetched>
      <UserTable initial={state} />
    </Prefetched>
  );
}
