"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { PageTitle } from "#app/_components/card.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { Cell, HeadCell, Pager, Table } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { GroupRow } from "#server/api/group-views.ts";
import { groupPath } from "../../groups/group-path.ts";
import { useSettled } from "../list-hooks.ts";
import { CreateGroup } from "./create-group.tsx";
import { DeletedGroups } from "./deleted-groups.tsx";

const pageSize = 25;

export function GroupTable() {
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const [page, setPage] = useState(1);
  const [creating, setCreating] = useState(false);
  const search = useSettled(typed);
  const groups = useQuery({
    ...trpc.groups.list.queryOptions({ search, page, pageSize }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <PageTitle>{t("groups.title")}</PageTitle>
        <Button look="primary" onClick={() => setCreating(true)}>
          {t("groups.create")}
        </Button>
      </div>
      <div className="max-w-sm">
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
      </div>
      {groups.error !== null && <Problem error={groups.error} retry={() => void groups.refetch()} />}
      {groups.data === undefined && groups.error === null && <Skeleton className="h-96" />}
      {groups.data?.total === 0 && (
        <p className="text-sm text-muted">{t(search === "" ? "admin.groups.empty" : "admin.groups.none")}</p>
      )}
      {groups.data !== undefined && groups.data.total > 0 && (
        <>
          <Table label={t("groups.title")} head={<Head />}>
            {groups.data.items.map((group) => (
              <Line key={group.id} group={group} />
            ))}
          </Table>
          <Pager page={page} pageSize={pageSize} total={groups.data.total} onPage={setPage} />
        </>
      )}
      <DeletedGroups />
      <CreateGroup open={creating} onClose={() => setCreating(false)} />
    </div>
  );
}

function Head() {
  return (
    <>
      <HeadCell>{t("users.name")}</HeadCell>
      <HeadCell>{t("groups.members")}</HeadCell>
      <HeadCell wide>{t("groups.managers")}</HeadCell>
      <HeadCell>{t("groups.running")}</HeadCell>
    </>
  );
}

function Line({ group }: { readonly group: GroupRow }) {
  return (
    <tr>
      <Cell className="min-w-32 font-medium">
        <Link href={groupPath(group.name)} prefetch={false} className="underline underline-offset-4">
          {group.name}
        </Link>
        {group.managed && <span className="ml-2 text-xs font-normal text-muted">{t("groups.synced")}</span>}
        {group.description !== "" && <span className="block font-normal text-muted">{group.description}</span>}
      </Cell>
      <Cell>{group.members}</Cell>
      <Cell wide>{group.managers.length === 0 ? "–" : group.managers.join(", ")}</Cell>
      <Cell>{group.activeServers}</Cell>
    </tr>
  );
}
