"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "#app/_components/button.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Table } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

/** Every browser that is logged in, each with a way to end it. */
export function Logins() {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const sessions = useQuery(trpc.sessions.list.queryOptions({}));
  const onSettled = () => queryClient.invalidateQueries({ queryKey: trpc.sessions.list.queryKey() });
  const end = useMutation(trpc.sessions.end.mutationOptions({ onSettled }));
  const endAll = useMutation(trpc.sessions.endAll.mutationOptions({ onSettled }));
  const failed = end.error ?? endAll.error;
  const others = sessions.data?.filter(({ current }) => !current).length ?? 0;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 className="text-lg font-semibold">{t("me.logins")}</h2>
          <p className="text-sm text-muted">{t("me.logins.text")}</p>
        </div>
        <Button size="small" disabled={others === 0 || endAll.isPending} onClick={() => endAll.mutate({})}>
          {t("me.login.endAll")}
        </Button>
      </div>
      {failed !== null && <Problem error={failed} />}
      {sessions.error !== null && <Problem error={sessions.error} retry={() => void sessions.refetch()} />}
      {endAll.data !== undefined && (
        <Notice kind="ok" live>
          {t("me.login.ended", { count: endAll.data.ended })}
        </Notice>
      )}
      {sessions.data === undefined ? (
        <Skeleton className="h-32" />
      ) : (
        <Table label={t("me.logins")} head={<LoginHead />}>
          {sessions.data.map(({ id, method, clientAddress, createdAt, expiresAt, current }) => (
            <tr key={id}>
              <Cell>{method}</Cell>
              <Cell className="font-mono text-xs">{clientAddress}</Cell>
              <Cell wide>
                <Ago date={createdAt} />
              </Cell>
              <Cell wide>{dateText(expiresAt)}</Cell>
              <Cell className="text-right">
                {current ? (
                  <span className="text-muted">{t("me.login.this")}</span>
                ) : (
                  <Button
                    size="small"
                    disabled={end.isPending}
                    aria-label={t("me.login.end.label", { address: clientAddress })}
                    onClick={() => end.mutate({ id })}
                  >
                    {t("me.login.end")}
                  </Button>
                )}
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}

function LoginHead() {
  return (
    <>
      <HeadCell>{t("me.login.how")}</HeadCell>
      <HeadCell>{t("me.login.from")}</HeadCell>
      <HeadCell wide>{t("me.login.since")}</HeadCell>
      <HeadCell wide>{t("me.login.ends")}</HeadCell>
      <HeadCell>
        <span className="sr-only">{t("actions")}</span>
      </HeadCell>
    </>
  );
}
