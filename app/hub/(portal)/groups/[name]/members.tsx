"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { DownloadButton } from "#app/_components/download-button.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { HeadCell, Pager, Table } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC, useTRPCClient } from "#app/_trpc/client.tsx";
import type { GroupView } from "#server/api/group-views.ts";
import { useSettled } from "../../admin/list-hooks.ts";
import { AddMembers } from "./add-members.tsx";
import { ImportMembers } from "./import-members.tsx";
import { MemberLine } from "./member-line.tsx";
import { Section } from "./section.tsx";

const pageSize = 25;

export function Members({ group }: { readonly group: GroupView }) {
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const [page, setPage] = useState(1);
  const search = useSettled(typed);
  const members = useQuery({
    ...trpc.groups.members.queryOptions({ group: group.name, search, page, pageSize }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  const isEmpty = members.data?.total === 0;
  return (
    <Section title={t("members.title")} action={group.may.changeMembers && <MemberActions group={group} />}>
      <div className="max-w-sm">
        <TextField
          label={t("members.search")}
          type="search"
          value={typed}
          maxLength={255}
          onChange={(event) => {
            setTyped(event.target.value);
            setPage(1);
          }}
        />
      </div>
      {members.error !== null && <Problem error={members.error} retry={() => void members.refetch()} />}
      {members.data === undefined && members.error === null && <Skeleton className="h-64" />}
      {isEmpty && <p className="text-sm text-muted">{t(search === "" ? "members.empty" : "members.none")}</p>}
      {members.data !== undefined && !isEmpty && (
        <>
          <Table label={t("members.of", { group: group.name })} head={<Head />}>
            {members.data.items.map((member) => (
              <MemberLine key={member.userId} member={member} group={group} />
            ))}
          </Table>
          <Pager page={page} pageSize={pageSize} total={members.data.total} onPage={setPage} />
        </>
      )}
    </Section>
  );
}

function MemberActions({ group }: { readonly group: GroupView }) {
  const client = useTRPCClient();
  const [opened, setOpened] = useState<"nothing" | "add" | "import">("nothing");
  const close = () => setOpened("nothing");
  return (
    <div className="flex flex-wrap gap-3">
      <DownloadButton file={() => client.groups.exportCsv.query({ group: group.name })}>
        {t("csv.export")}
      </DownloadButton>
      <Button onClick={() => setOpened("import")}>{t("csv.import")}</Button>
      {!group.managed && <Button onClick={() => setOpened("add")}>{t("members.add")}</Button>}
      <AddMembers group={group.name} open={opened === "add"} onClose={close} />
      <ImportMembers group={group.name} open={opened === "import"} onClose={close} />
    </div>
  );
}

function Head() {
  return (
    <>
      <HeadCell>{t("members.name")}</HeadCell>
      <HeadCell>{t("members.servers")}</HeadCell>
      <HeadCell wide>{t("members.homes")}</HeadCell>
      <HeadCell wide>{t("fact.activity")}</HeadCell>
      <HeadCell>
        <span className="sr-only">{t("actions")}</span>
      </HeadCell>
    </>
  );
}
