"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Table } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { TokenRow } from "#server/api/views.ts";
import { CreateToken } from "./create-token.tsx";

export function Tokens({ userName }: { readonly userName: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const tokens = useQuery(trpc.tokens.list.queryOptions());
  const [leaving, setLeaving] = useState<TokenRow | null>(null);
  const refresh = () => queryClient.invalidateQueries({ queryKey: trpc.tokens.list.queryKey() });
  const revoke = useMutation(trpc.tokens.revoke.mutationOptions({ onSettled: refresh }));
  return (
    <div className="space-y-6">
      <div>
        <PageTitle>{t("token.title")}</PageTitle>
        <p className="mt-1 max-w-2xl text-muted">{t("token.text")}</p>
      </div>
      <CreateToken userName={userName} onCreated={() => void refresh()} />
      {revoke.error !== null && <Problem error={revoke.error} />}
      {tokens.error !== null && <Problem error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.data === undefined && tokens.error === null && <Skeleton className="h-40" />}
      {tokens.data !== undefined && <TokenTable tokens={tokens.data} onRevoke={setLeaving} />}
      <Dialog
        open={leaving !== null}
        onOpenChange={(open) => !open && setLeaving(null)}
        title={t("token.revoke.title")}
        description={t("token.revoke.text", { note: leaving === null ? "" : nameOf(leaving) })}
      >
        <DialogButtons>
          <Button onClick={() => setLeaving(null)}>{t("cancel")}</Button>
          <Button
            look="danger"
            onClick={() => {
              if (leaving !== null) revoke.mutate({ id: leaving.id });
              setLeaving(null);
            }}
          >
            {t("token.revoke")}
          </Button>
        </DialogButtons>
      </Dialog>
    </div>
  );
}

function nameOf(token: TokenRow): string {
  return token.note === "" ? `${token.prefix}…` : token.note;
}

function TokenTable({ tokens, onRevoke }: { readonly tokens: readonly TokenRow[]; onRevoke(token: TokenRow): void }) {
  if (tokens.length === 0) return <p className="text-sm text-muted">{t("token.none")}</p>;
  return (
    <Table
      label={t("token.list")}
      head={
        <>
          <HeadCell>{t("token.note")}</HeadCell>
          <HeadCell wide>{t("token.starts")}</HeadCell>
          <HeadCell wide>{t("token.scopes")}</HeadCell>
          <HeadCell wide>{t("token.lastUsed")}</HeadCell>
          <HeadCell>{t("token.expires")}</HeadCell>
          <HeadCell>
            <span className="sr-only">{t("actions")}</span>
          </HeadCell>
        </>
      }
    >
      {tokens.map((token) => (
        <tr key={token.id}>
          <Cell className="min-w-32 font-medium">{token.note === "" ? "–" : token.note}</Cell>
          <Cell wide className="font-mono text-xs">
            {token.prefix}…
          </Cell>
          <Cell wide className="max-w-56 min-w-36 text-xs">
            {token.scopes.join(", ")}
          </Cell>
          <Cell wide>{token.lastUsedAt === null ? t("never") : <Ago date={token.lastUsedAt} />}</Cell>
          <Cell>{token.expiresAt === null ? t("never") : dateText(token.expiresAt)}</Cell>
          <Cell className="text-right">
            <Button
              size="small"
              aria-label={t("token.revoke.label", { note: nameOf(token) })}
              onClick={() => onRevoke(token)}
            >
              {t("token.revoke")}
            </Button>
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
