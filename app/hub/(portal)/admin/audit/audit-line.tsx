import { Cell } from "#app/_components/table.tsx";
import type { AuditRow } from "#server/api/answers.ts";

export function AuditLine({ row }: { readonly row: AuditRow }) {
  return (
    <tr>
      <Cell className="align-top whitespace-nowrap max-sm:whitespace-normal">
        <time dateTime={row.at.toISOString()}>{timeText(row.at)}</time>
      </Cell>
      <Cell className="align-top">
        {row.actorName}
        {row.clientAddress !== null && <span className="block text-xs text-muted">{row.clientAddress}</span>}
      </Cell>
      <Cell className="align-top font-medium">
        {row.action}
        <span className="block text-xs font-normal text-muted sm:hidden">{detailText(row.detail)}</span>
      </Cell>
      <Cell wide className="max-w-md align-top text-xs">
        {detailText(row.detail)}
        <span className="block text-muted">{row.target}</span>
      </Cell>
    </tr>
  );
}

function timeText(at: Date): string {
  return `${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 19)} UTC`;
}

function detailText(detail: AuditRow["detail"]): string {
  return Object.entries(detail ?? {})
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("; ");
}
