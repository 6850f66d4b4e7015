"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "#app/_components/button.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Table } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

export function UserLogins({ user }: { readonly user: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const logins = useQuery(trpc.sessions.list.queryOptions({ user }));
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: trpc.sessions.list.queryKey() });
  const end = useMutation(trpc.sessions.end.mutationOptions({ onSuccess }));
  const endAll = useMutation(trpc.sessions.endAll.mutationOptions({ onSuccess }));
  const failed = end.error ?? endAll.error;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <h2 className="text-lg font-semibold">{t("user.logins")}</h2>
        {logins.data !== undefined && logins.data.length > 0 && (
          <Button disabled={endAll.isPending} onClick={() => endAll.mutate({ user })}>
            {t("user.logins.endAll")}
          </Button>
        )}
      </div>
      {failed !== null && <Problem error={failed} />}
      {logins.error !== null && <Problem error={logins.error} retry={() => void logins.refetch()} />}
      {logins.data === undefined && logins.error === null && <Skeleton className="h-24" />}
      {logins.data?.length === 0 && <p className="text-sm text-muted">{t("user.logins.none")}</p>}
      {logins.data !== undefined && logins.data.length > 0 && (
        <Table
          label={t("user.logins")}
          head={
            <>
              <HeadCell>{t("me.login.from")}</HeadCell>
              <HeadCell wide>{t("me.login.how")}</HeadCell>
              <HeadCell>{t("me.login.since")}</HeadCell>
              <HeadCell>
                <span className="sr-only">{t("actions")}</span>
              </HeadCell>
            </>
          }
        >
          {logins.data.map(({ id, clientAddress, method, createdAt }) => (
            <tr key={id}>
              <Cell className="font-medium">{clientAddress}</Cell>
              <Cell wide>{method}</Cell>
              <Cell>
                <Ago date={createdAt} />
              </Cell>
              <Cell className="text-right">
                <Button
                  size="small"
                  aria-label={t("me.login.end.label", { address: clientAddress })}
                  disabled={end.isPending}
                  onClick={() => end.mutate({ id })}
                >
                  {t("me.login.end")}
                </Button>
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}
