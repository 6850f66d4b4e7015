"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { PageTitle } from "#app/_components/card.tsx";
import { SelectField, TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { HeadCell, Pager, SortCell, Table } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { useSettled } from "../list-hooks.ts";
import { HomeLine } from "./home-line.tsx";
import { type DeletedHome, JustDeleted } from "./just-deleted.tsx";

const pageSize = 25;
const states = ["kept", "orphaned", "deleted"] as const;
type Sort = "owner" | "-owner" | "lastUsed" | "-lastUsed" | "size" | "-size";

export function HomeTable() {
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const [state, setState] = useState<(typeof states)[number] | null>(null);
  const [sort, setSort] = useState<Sort>("owner");
  const [page, setPage] = useState(1);
  const [deleted, setDeleted] = useState<DeletedHome | null>(null);
  const search = useSettled(typed);
  const homes = useQuery({
    ...trpc.homes.list.queryOptions({ search, state, sort, page, pageSize }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="space-y-5">
      <PageTitle>{t("homes.title")}</PageTitle>
      <div className="grid max-w-2xl gap-4 sm:grid-cols-2">
        <TextField
          label={t("homes.search")}
          type="search"
          value={typed}
          maxLength={255}
          onChange={(event) => {
            setTyped(event.target.value);
            setPage(1);
          }}
        />
        <SelectField
          label={t("homes.state")}
          value={state ?? ""}
          onChange={(event) => {
            setState(states.find((one) => one === event.target.value) ?? null);
            setPage(1);
          }}
        >
          <option value="">{t("homes.state.all")}</option>
          {states.map((one) => (
            <option key={one} value={one}>
              {t(`homes.state.${one}`)}
            </option>
          ))}
        </SelectField>
      </div>
      {deleted !== null && <JustDeleted key={deleted.id} home={deleted} onDone={() => setDeleted(null)} />}
      {homes.error !== null && <Problem error={homes.error} retry={() => void homes.refetch()} />}
      {homes.data === undefined && homes.error === null && <Skeleton className="h-96" />}
      {homes.data?.total === 0 && <p className="text-sm text-muted">{t("admin.homes.none")}</p>}
      {homes.data !== undefined && homes.data.total > 0 && (
        <>
          <Table
            label={t("homes.title")}
            head={
              <Head
                sort={sort}
                onSort={(to) => {
                  setSort(to);
                  setPage(1);
                }}
              />
            }
          >
            {homes.data.items.map((home) => (
              <HomeLine key={home.id} home={home} onChanged={setDeleted} />
            ))}
          </Table>
          <Pager page={page} pageSize={pageSize} total={homes.data.total} onPage={setPage} />
        </>
      )}
    </div>
  );
}

function Head({ sort, onSort }: { readonly sort: Sort; onSort(sort: Sort): void }) {
  return (
    <>
      <SortCell field="owner" sort={sort} onSort={onSort}>
        {t("homes.owner")}
      </SortCell>
      <HeadCell wide>{t("homes.name")}</HeadCell>
      <SortCell field="size" sort={sort} onSort={onSort}>
        {t("homes.size")}
      </SortCell>
      <SortCell wide field="lastUsed" sort={sort} onSort={onSort}>
        {t("homes.lastUsed")}
      </SortCell>
      <HeadCell>
        <span className="sr-only">{t("actions")}</span>
      </HeadCell>
    </>
  );
}
