"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { PageTitle } from "#app/_components/card.tsx";
import { DownloadButton } from "#app/_components/download-button.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Skeleton } from "#app/_components/skeleton.tsx";
import { HeadCell, Table } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC, useTRPCClient } from "#app/_trpc/client.tsx";
import { useSettled } from "../list-hooks.ts";
import { OlderNewer } from "../older-newer.tsx";
import { AuditLine } from "./audit-line.tsx";

const dayMs = 86_400_000;
const nothing = { action: "", actor: "", from: "", to: "" };

/** Older rows are asked from the last one shown: the log grows at its head. */
export function AuditLog() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const [typed, setTyped] = useState(nothing);
  // Where each page begins, from the newest to the one that is shown.
  const [starts, setStarts] = useState<readonly (number | null)[]>([null]);
  const before = starts.at(-1) ?? null;
  const action = useSettled(typed.action);
  const actor = useSettled(typed.actor);
  const question = { action, actor, from: dayOf(typed.from, 0), to: dayOf(typed.to, dayMs) };
  const rows = useQuery({
    ...trpc.audit.list.queryOptions({ ...question, before, pageSize: 50 }),
    placeholderData: keepPreviousData,
  });
  const field = (name: keyof typeof nothing) => ({
    label: t(`audit.${name}`),
    value: typed[name],
    maxLength: 255,
    onChange: (event: { readonly target: { readonly value: string } }) => {
      setTyped({ ...typed, [name]: event.target.value });
      setStarts([null]);
    },
  });
  const next = rows.data?.next ?? null;
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <PageTitle>{t("audit.title")}</PageTitle>
          <p className="mt-1 text-sm text-muted">{t("audit.text")}</p>
        </div>
        <DownloadButton file={() => client.audit.export.query(question)}>{t("audit.export")}</DownloadButton>
      </div>
      <div className="grid items-start gap-4 sm:grid-cols-4">
        <TextField {...field("action")} type="search" hint={t("audit.action.hint")} />
        <TextField {...field("actor")} type="search" />
        <TextField {...field("from")} type="date" />
        <TextField {...field("to")} type="date" />
      </div>
      {rows.error !== null && <Problem error={rows.error} retry={() => void rows.refetch()} />}
      {rows.data === undefined && rows.error === null && <Skeleton className="h-96" />}
      {rows.data?.items.length === 0 && <p className="text-sm text-muted">{t("admin.none")}</p>}
      {rows.data !== undefined && rows.data.items.length > 0 && (
        <Table label={t("audit.title")} head={<Head />}>
          {rows.data.items.map((row) => (
            <AuditLine key={row.id} row={row} />
          ))}
        </Table>
      )}
      <OlderNewer
        label={t("admin.audit.pages")}
        newer={starts.length > 1 ? () => setStarts(starts.slice(0, -1)) : null}
        older={next === null ? null : () => setStarts([...starts, next])}
      />
    </div>
  );
}

function Head() {
  return (
    <>
      <HeadCell>{t("audit.at")}</HeadCell>
      <HeadCell>{t("audit.actor")}</HeadCell>
      <HeadCell>{t("audit.action")}</HeadCell>
      <HeadCell wide>{t("audit.detail")}</HeadCell>
      <HeadCell>
        <span className="sr-only">{t("actions")}</span>
      </HeadCell>
    </>
  );
}

/** Days are UTC, as the times in the table. */
function dayOf(text: string, addMs: number): Date | null {
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(time) ? null : new Date(time + addMs);
}
