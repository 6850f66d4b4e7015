"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "#app/_components/button.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Table } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

export function UserTokens({ user }: { readonly user: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const tokens = useQuery(trpc.tokens.list.queryOptions({ user }));
  const revoke = useMutation(
    trpc.tokens.revoke.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: trpc.tokens.list.queryKey({ user }) }),
    }),
  );
  return (
    <div className="space-y-3">
      <h2 className="text-lg font-semibold">{t("user.tokens")}</h2>
      {revoke.error !== null && <Problem error={revoke.error} />}
      {tokens.error !== null && <Problem error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.data === undefined && tokens.error === null && <Skeleton className="h-24" />}
      {tokens.data?.length === 0 && <p className="text-sm text-muted">{t("user.tokens.none")}</p>}
      {tokens.data !== undefined && tokens.data.length > 0 && (
        <Table label={t("user.tokens")} head={<Head />}>
          {tokens.data.map(({ id, note, prefix, scopes, lastUsedAt, expiresAt }) => (
            <tr key={id}>
              <Cell className="font-medium">{note === "" ? `${prefix}…` : note}</Cell>
              <Cell wide className="max-w-56 text-xs">
                {scopes.join(", ")}
              </Cell>
              <Cell wide>{lastUsedAt === null ? t("never") : <Ago date={lastUsedAt} />}</Cell>
              <Cell>{expiresAt === null ? t("never") : dateText(expiresAt)}</Cell>
              <Cell className="text-right">
                <Button
                  size="small"
                  aria-label={t("token.revoke.label", { note: note === "" ? prefix : note })}
                  disabled={revoke.isPending}
                  onClick={() => revoke.mutate({ id })}
                >
                  {t("token.revoke")}
                </Button>
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}

function Head() {
  return (
    <>
      <HeadCell>{t("token.note")}</HeadCell>
      <HeadCell wide>{t("token.scopes")}</HeadCell>
      <HeadCell wide>{t("token.lastUsed")}</HeadCell>
      <HeadCell>{t("token.expires")}</HeadCell>
      <HeadCell>
        <span className="sr-only">{t("actions")}</span>
      </HeadCell>
    </>
  );
}
