"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Card } from "#app/_components/card.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Table } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { QuotaResource } from "#server/api/answers.ts";
import type { GroupView } from "#server/api/group-views.ts";
import type { QuotaView } from "#server/api/quota-views.ts";
import { amountText } from "#server/quotas/amount-text.ts";
import { QuotaBars } from "./quota-bars.tsx";
import { QuotaDialog } from "./quota-form.tsx";
import { Section } from "./section.tsx";

type Editing = "nothing" | "quota" | "ceiling";

export function QuotaSection({ group }: { readonly group: GroupView }) {
  const trpc = useTRPC();
  const [editing, setEditing] = useState<Editing>("nothing");
  const quota = useQuery({ ...trpc.quotas.get.queryOptions({ group: group.name }), refetchInterval: 15_000 });
  if (quota.data === undefined)
    return quota.error === null ? (
      <Skeleton className="h-48" />
    ) : (
      <Problem error={quota.error} retry={() => void quota.refetch()} />
    );
  const { bars, may } = quota.data;
  return (
    <Section
      title={t("quota.title")}
      text={t("quota.text")}
      action={
        <div className="flex flex-wrap gap-3">
          {may.setCeiling && <Button onClick={() => setEditing("ceiling")}>{t("quota.ceiling.edit")}</Button>}
          {may.setQuota && <Button onClick={() => setEditing("quota")}>{t("quota.edit")}</Button>}
        </div>
      }
    >
      <Card className="space-y-5">
        <QuotaBars bars={bars} />
        <WhoUses quota={quota.data} />
      </Card>
      <QuotaDialog group={group} kind="quota" open={editing === "quota"} onDone={() => setEditing("nothing")} />
      <QuotaDialog group={group} kind="ceiling" open={editing === "ceiling"} onDone={() => setEditing("nothing")} />
    </Section>
  );
}

function WhoUses({ quota: { members, membersInAll, bars } }: { readonly quota: QuotaView }) {
  const shown = bars.filter(({ hard, used }) => hard !== null || used > 0).map(({ resource }) => resource);
  if (members.length === 0) return <p className="text-sm text-muted">{t("quota.who.none")}</p>;
  return (
    <details>
      <summary className="cursor-pointer text-sm font-medium">{t("quota.who")}</summary>
      <div className="mt-3 space-y-2">
        <Table
          label={t("quota.who")}
          head={
            <>
              <HeadCell>{t("quota.person")}</HeadCell>
              <HeadCell>{t("quota.who")}</HeadCell>
            </>
          }
        >
          {members.map(({ user, amounts }) => (
            <tr key={user}>
              <Cell className="font-medium">{user}</Cell>
              <Cell>{heldText(shown, amounts)}</Cell>
            </tr>
          ))}
        </Table>
        {members.length < membersInAll && (
          <p className="text-sm text-muted">{t("quota.who.more", { shown: members.length, total: membersInAll })}</p>
        )}
      </div>
    </details>
  );
}

function heldText(shown: readonly QuotaResource[], amounts: Readonly<Record<QuotaResource, number>>): string {
  return shown
    .filter((resource) => amounts[resource] > 0)
    .map((resource) => amountText(resource, amounts[resource]))
    .join(", ");
}
