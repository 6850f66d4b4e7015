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
import type { PhaseView } from "#server/api/views.ts";
import { useListAddress, useSettled } from "../list-hooks.ts";
import { type ListState, listQuery } from "../list-state.ts";
import { ServerLine } from "./server-line.tsx";
import { allPhases, phaseOf, type ServerSort, serverPageSize } from "./sorts.ts";

type Props = { readonly initial: ListState<ServerSort>; readonly initialPhase: PhaseView | null; readonly me: string };

export function ServerTable({ initial, initialPhase, me }: Props) {
  const trpc = useTRPC();
  const [state, setState] = useState(initial);
  const [phase, setPhase] = useState(initialPhase);
  const search = useSettled(state.search);
  useListAddress(
    listQuery({ ...state, search, phase: phase ?? "" }, { search: "", sort: "owner", page: 1, phase: "" }),
  );
  const servers = useQuery({
    ...trpc.users.servers.queryOptions({
      ...state,
      search,
      ...(phase === null ? {} : { phase }),
      pageSize: serverPageSize,
    }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
  const sortBy = (sort: ServerSort) => setState({ ...state, sort, page: 1 });
  return (
    <div className="space-y-5">
      <PageTitle>{t("servers.title")}</PageTitle>
      <div className="grid max-w-2xl gap-4 sm:grid-cols-2">
        <TextField
          label={t("servers.search")}
          type="search"
          value={state.search}
          maxLength={255}
          onChange={(event) => setState({ ...state, search: event.target.value, page: 1 })}
        />
        <SelectField
          label={t("servers.phase")}
          value={phase ?? ""}
          onChange={(event) => {
            setPhase(phaseOf(event.target.value));
            setState({ ...state, page: 1 });
          }}
        >
          <option value="">{t("servers.phase.all")}</option>
          {allPhases.map((option) => (
            <option key={option} value={option}>
              {t(`phase.${option}`)}
            </option>
          ))}
        </SelectField>
      </div>
      {servers.error !== null && <Problem error={servers.error} retry={() => void servers.refetch()} />}
      {servers.data === undefined ? (
        <Skeleton className="h-96" />
      ) : (
        <>
          <Table label={t("servers.title")} head={<Head sort={state.sort} onSort={sortBy} />}>
            {servers.data.items.map((server) => (
              <ServerLine key={server.id} server={server} me={me} />
            ))}
          </Table>
          <Pager
            page={servers.data.page}
            pageSize={serverPageSize}
            total={servers.data.total}
            onPage={(page) => setState({ ...state, page })}
          />
        </>
      )}
    </div>
  );
}

function Head({ sort, onSort }: { readonly sort: ServerSort; onSort(sort: ServerSort): void }) {
  return (
    <>
      <SortCell field="owner" sort={sort} onSort={onSort}>
        {t("servers.owner")}
      </SortCell>
      <HeadCell wide>{t("servers.name")}</HeadCell>
      <SortCell field="since" sort={sort} onSort={onSort}>
        {t("servers.state")}
      </SortCell>
      <HeadCell wide>{t("fact.profile")}</HeadCell>
      <SortCell wide field="lastActivity" sort={sort} onSort={onSort}>
        {t("fact.activity")}
      </SortCell>
      <HeadCell>
        <span className="sr-only">{t("actions")}</span>
      </HeadCell>
    </>
  );
}
