"use client";

import { useQuery } from "@tanstack/react-query";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Table } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

/** Who was let into this user's servers, when and why. */
export function UserOpened({ user }: { readonly user: string }) {
  const trpc = useTRPC();
  const history = useQuery(trpc.me.accessHistory.queryOptions({ user }));
  return (
    <div className="space-y-3">
      <h2 className="text-lg font-semibold">{t("admin.user.opened")}</h2>
      {history.error !== null && <Problem error={history.error} retry={() => void history.refetch()} />}
      {history.data === undefined && history.error === null && <Skeleton className="h-20" />}
      {history.data?.length === 0 && <p className="text-sm text-muted">{t("me.opened.none")}</p>}
      {history.data !== undefined && history.data.length > 0 && (
        <Table
          label={t("admin.user.opened")}
          head={
            <>
              <HeadCell>{t("me.opened.by")}</HeadCell>
              <HeadCell wide>{t("me.opened.server")}</HeadCell>
              <HeadCell>{t("me.opened.reason")}</HeadCell>
              <HeadCell>{t("me.opened.when")}</HeadCell>
            </>
          }
        >
          {history.data.map(({ id, by, serverName, reason, createdAt }) => (
            <tr key={id}>
              <Cell className="font-medium">{by}</Cell>
              <Cell wide>{serverName === "" ? t("admin.user.server.default") : serverName}</Cell>
              <Cell className="min-w-40 break-words">{reason}</Cell>
              <Cell>
                <Ago date={createdAt} />
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}
