import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { listStateOf } from "../list-state.ts";
import { ServerTable } from "./server-table.tsx";
import { phaseOf, serverPageSize, serverSorts } from "./sorts.ts";

export const metadata = { title: t("servers.title") };

type Props = { readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>> };

export default async function ServersPage({ searchParams }: Props) {
  const me = await requireMe();
  const query = await searchParams;
  const state = listStateOf(query, serverSorts);
  const phase = phaseOf(query.phase);
  await prefetch((trpc) =>
    trpc.users.servers.queryOptions({ ...state, ...(phase === null ? {} : { phase }), pageSize: serverPageSize }),
  );
  return (
    <Prefetched>
      <ServerTable initial={state} initialPhase={phase} me={me.name} />
    </Prefetched>
  );
}
