"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { HeadCell, Pager, SortCell, Table } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { useListAddress, useSettled } from "../list-hooks.ts";
import { type ListState, listQuery } from "../list-state.ts";
import { AddUser } from "./add-user.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { ImportUsers } from "./import-users.tsx";
import { type UserSort, userPageSize } from "./sorts.ts";
import { UserLine } from "./user-line.tsx";

export function UserTable({ initial }: { readonly initial: ListState<UserSort> }) {
  const trpc = useTRPC();
  const [state, setState] = useState(initial);
  const [opened, setOpened] = useState<"nothing" | "add" | "import">("nothing");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const search = useSettled(state.search);
  useListAddress(listQuery({ ...state, search }, { search: "", sort: "name", page: 1 }));
  const users = useQuery({
    ...trpc.users.list.queryOptions({ ...state, search, pageSize: userPageSize }),
    placeholderData: keepPreviousData,
  });
  const sortBy = (sort: UserSort) => setState({ ...state, sort, page: 1 });
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <PageTitle>{t("users.title")}</PageTitle>
        <div className="flex flex-wrap gap-3">
          <Button onClick={() => setOpened("import")}>{t("users.import")}</Button>
          <Button look="primary" onClick={() => setOpened("add")}>
            {t("users.add")}
          </Button>
        </div>
      </div>
      <div className="max-w-sm">
        <TextField
          label={t("users.search")}
          type="search"
          value={state.search}
          maxLength={255}
          onChange={(event) => setState({ ...state, search: event.target.value, page: 1 })}
        />
      </div>
      <BulkBar chosen={chosen} onChange={setChosen} />
      {users.error !== null && <Problem error={users.error} retry={() => void users.refetch()} />}
      {users.data === undefined ? (
        <Skeleton className="h-96" />
      ) : (
        <>
          <Table
            label={t("users.title")}
            head={
              <>
                <ChooseAll names={users.data.items.map(({ name }) => name)} chosen={chosen} onChange={setChosen} />
                <SortCell field="name" sort={state.sort} onSort={sortBy}>
                  {t("users.name")}
                </SortCell>
                <HeadCell wide>{t("users.groups")}</HeadCell>
                <HeadCell>{t("users.running")}</HeadCell>
                <SortCell wide field="lastActivity" sort={state.sort} onSort={sortBy}>
                  {t("fact.activity")}
                </SortCell>
                <SortCell wide field="created" sort={state.sort} onSort={sortBy}>
                  {t("users.created")}
                </SortCell>
                <HeadCell>
                  <span className="sr-only">{t("actions")}</span>
                </HeadCell>
              </>
            }
          >
            {users.data.items.map((user) => (
              <UserLine
                key={user.id}
                user={user}
                chosen={chosen.includes(user.name)}
                onChoose={(to) => setChosen(to ? [...chosen, user.name] : chosen.filter((name) => name !== user.name))}
              />
            ))}
          </Table>
          <Pager
            page={users.data.page}
            pageSize={userPageSize}
            total={users.data.total}
            onPage={(page) => setState({ ...state, page })}
          />
        </>
      )}
      <AddUser open={opened === "add"} onOpenChange={(open) => setOpened(open ? "add" : "nothing")} />
      <ImportUsers open={opened === "import"} onClose={() => setOpened("nothing")} />
    </div>
  );
}

type ChooseAllProps = {
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
};

/** Those of this page; what was chosen on other pages stays. */
function ChooseAll({ names, chosen, onChange }: ChooseAllProps) {
  const others = chosen.filter((name) => !names.includes(name));
  return (
    <HeadCell>
      <input
        type="checkbox"
        className="size-5 align-middle accent-accent"
        aria-label={t("users.choose.page")}
        checked={names.length > 0 && names.every((name) => chosen.includes(name))}
        onChange={(event) => onChange(event.target.checked ? [...others, ...names] : others)}
      />
    </HeadCell>
  );
}
