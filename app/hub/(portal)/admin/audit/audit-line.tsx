"use client";

import { useId, useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Cell } from "#app/_components/table.tsx";
import { t } from "#app/_text/t.ts";
import type { AuditRow } from "#server/api/answers.ts";

export function AuditLine({ row }: { readonly row: AuditRow }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr>
        <Cell className="align-top max-sm:text-xs sm:whitespace-nowrap">
          <time dateTime={row.at.toISOString()}>{timeText(row.at)}</time>
        </Cell>
        <Cell className="min-w-20 align-top">{row.actorName}</Cell>
        <Cell className="min-w-32 align-top font-medium">{row.action}</Cell>
        <Cell wide className="max-w-md align-top text-xs">
          <span className="line-clamp-2 break-words">{detailText(row.detail)}</span>
        </Cell>
        <Cell className="text-right align-top">
          <Button
            size="small"
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            aria-label={t("admin.audit.details.label", { actor: row.actorName, time: timeText(row.at) })}
            onClick={() => setOpen(!open)}
          >
            {t("admin.audit.more")}
          </Button>
        </Cell>
      </tr>
      {open && (
        <tr id={id} className="bg-sunken">
          <td colSpan={5} className="px-3 py-3 sm:px-4">
            <Details row={row} />
          </td>
        </tr>
      )}
    </>
  );
}

function Details({ row: { target, clientAddress, requestId, detail } }: { readonly row: AuditRow }) {
  const facts: readonly (readonly [string, string])[] = [
    [t("admin.audit.target"), target],
    ...(clientAddress === null ? [] : [[t("admin.audit.address"), clientAddress] as const]),
    ...(requestId === null ? [] : [[t("admin.audit.request"), requestId] as const]),
    ...Object.entries(detail).map(([key, value]) => [key, valueText(value)] as const),
  ];
  return (
    <dl className="grid gap-x-6 gap-y-1 text-xs sm:grid-cols-[max-content_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="font-mono break-all">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function timeText(at: Date): string {
  return `${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 19)} UTC`;
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function detailText(detail: AuditRow["detail"]): string {
  return Object.entries(detail)
    .map(([key, value]) => `${key}: ${valueText(value)}`)
    .join("; ");
}
