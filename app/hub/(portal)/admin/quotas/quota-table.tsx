"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Card, PageTitle } from "#app/_components/card.tsx";
import { SelectField, TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Pager } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { QuotaBars } from "../../groups/[name]/quota-bars.tsx";
import { groupPath } from "../../groups/group-path.ts";
import { useSettled } from "../list-hooks.ts";

const pageSize = 25;

/** All groups' quotas; the fullest first answers who is about to be stuck. */
export function QuotaTable() {
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const [sort, setSort] = useState<"name" | "-fullest">("name");
  const [page, setPage] = useState(1);
  const search = useSettled(typed);
  const quotas = useQuery({
    ...trpc.quotas.overview.queryOptions({ search, sort, page, pageSize }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="space-y-5">
      <PageTitle>{t("admin.quotas")}</PageTitle>
      <div className="grid max-w-2xl gap-4 sm:grid-cols-2">
        <TextField
          label={t("groups.search")}
          type="search"
          value={typed}
          maxLength={255}
          onChange={(event) => {
            setTyped(event.target.value);
            setPage(1);
          }}
        />
        <SelectField
          label={t("quotas.sort")}
          value={sort}
          onChange={(event) => {
            setSort(event.target.value === "-fullest" ? "-fullest" : "name");
            setPage(1);
          }}
        >
          <option value="name">{t("quotas.sort.name")}</option>
          <option value="-fullest">{t("quotas.sort.fullest")}</option>
        </SelectField>
      </div>
      {quotas.error !== null && <Problem error={quotas.error} retry={() => void quotas.refetch()} />}
      {quotas.data === undefined && quotas.error === null && <Skeleton className="h-96" />}
      {quotas.data !== undefined && (
        <>
          <ul className="space-y-3">
            {quotas.data.items.map(({ group, bars }) => (
              <li key={group}>
                <Card className="space-y-3">
                  <h2 className="font-semibold">
                    <Link href={groupPath(group)} prefetch={false} className="underline underline-offset-4">
                      {group}
                    </Link>
                  </h2>
                  <QuotaBars bars={bars} />
                </Card>
              </li>
            ))}
          </ul>
          <Pager page={page} pageSize={pageSize} total={quotas.data.total} onPage={setPage} />
        </>
      )}
    </div>
  );
}
